import type { Status } from '../../../server/api/status.ts';

/** Something has to be set before anything can be found and stopped. */
export function needsSetUp({ platform, backend }: Status): boolean {
  return platform.fault !== undefined || backend.state === 'not_configured';
}

/** As far as the status tells, all is well and nothing has ever leaked: then it is worth asking whether anything has. */
export function seemsNew({ counts, backend, sweeper, causes }: Status): boolean {
  const runs = sweeper.state === 'on_schedule' || sweeper.state === 'dry_run';
  return runs && counts?.open === 0 && backend.lastSuccessAt === null && (causes ?? []).length === 0;
}
