import type { Orphan } from '../../../server/api/orphans.ts';
import { type BackendKind, wordsOf } from '../../../server/sweep/outcome.ts';
import { type Called, curlOf } from './curl.ts';
import { triedBySweeps } from './try-now.ts';
import { acknowledgeable, holdOf, openOf } from './workspace.ts';

export interface CurlFor extends Called {
  /** The name that was given in this browser; null: none. Left out with a token, which has one. */
  readonly actor: string | null;
  /** The server's clock. */
  readonly nowMs: number;
}

export interface WorkspaceCurl {
  readonly name: string;
  line(of: CurlFor): string;
}

const HOUR_MS = 3_600_000;

/** What is to be filled in by hand stands there in capitals. */
const NAME = 'YOUR NAME';
const REASON = 'REASON';

/** What one can do about a workspace now, each as a shell would call it. */
export function curlsOf(
  workspaceId: string,
  orphans: readonly Orphan[],
  kind: BackendKind | null,
): readonly WorkspaceCurl[] {
  const path = `/api/orphans/${encodeURIComponent(workspaceId)}`;
  const [open, held] = [openOf(orphans).length > 0, holdOf(orphans) !== null];
  const somebody = ({ actor, withToken }: CurlFor) => (withToken ? {} : { actor: actor ?? NAME });
  const tryNow: WorkspaceCurl = {
    name: 'Try now',
    line: (of) =>
      curlOf(of, 'POST', '/api/sweeps', {
        workspaceIds: [workspaceId],
        ...(of.withToken || of.actor === null ? {} : { actor: of.actor }),
      }),
  };
  const hold: WorkspaceCurl = {
    name: 'Hold for an hour',
    line: (of) =>
      curlOf(of, 'PUT', `${path}/hold`, {
        reason: REASON,
        until: new Date(Math.ceil(of.nowMs + HOUR_MS)).toISOString(),
        ...somebody(of),
      }),
  };
  const endHold: WorkspaceCurl = {
    name: 'End hold',
    line: (of) => curlOf(of, 'DELETE', `${path}/hold`, somebody(of)),
  };
  const acknowledge: WorkspaceCurl = {
    name: 'Acknowledge',
    line: (of) => curlOf(of, 'POST', `${path}/acknowledge`, { reason: REASON, ...somebody(of) }),
  };
  const check: WorkspaceCurl = {
    name: `Check ${wordsOf(kind).instance}`,
    line: (of) => curlOf(of, 'GET', `${path}/instance`),
  };
  return [
    ...(triedBySweeps(orphans).length > 0 ? [tryNow] : []),
    ...(open || held ? [hold] : []),
    ...(held ? [endHold] : []),
    ...(acknowledgeable(orphans).length > 0 ? [acknowledge] : []),
    check,
  ];
}
