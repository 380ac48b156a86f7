import Type, { type Static } from 'typebox';
import type { AttemptRow } from '../sweep/orphan-list.ts';
import { FAILURE_CLASSES, OUTCOMES, TRIGGERS } from '../sweep/outcome.ts';
import { iso, Nullable, Time } from './wire.ts';

export const AttemptSchema = Type.Object({
  id: Type.String(),
  sweepId: Type.String(),
  workspaceId: Type.String(),
  workspaceName: Nullable(Type.String()),
  instanceId: Type.String(),
  startedAt: Time,
  finishedAt: Nullable(Time),
  outcome: Nullable(Type.Enum([...OUTCOMES], { description: 'Null while the Stop is under way' })),
  error: Nullable(
    Type.Object({
      class: Nullable(Type.Enum([...FAILURE_CLASSES])),
      message: Type.String(),
      httpStatus: Nullable(Type.Integer()),
    }),
  ),
  requestId: Type.String({ description: 'Sent to the backend as X-Request-Id' }),
  trigger: Type.Enum([...TRIGGERS], { description: 'What made its sweep run' }),
  requestedBy: Nullable(Type.String({ description: 'Who asked for its sweep; null: nobody, or not said' })),
  requestVerified: Type.Boolean({ description: 'Whether `requestedBy` has proved to be that person' }),
  reason: Nullable(Type.String({ description: 'Why its sweep was asked for' })),
});
export type Attempt = Static<typeof AttemptSchema>;

export const AttemptFilterQuery = {
  outcome: Type.Optional(Type.Enum([...OUTCOMES], { description: 'Only those that ended like this' })),
};

export function attemptOnWire(row: Omit<AttemptRow, 'keys'>): Attempt {
  const {
    id,
    sweepId,
    workspaceId,
    workspaceName,
    instanceId,
    outcome,
    requestId,
    trigger,
    requestedBy,
    requestVerified,
    reason,
  } = row;
  return {
    id,
    sweepId,
    workspaceId,
    workspaceName,
    instanceId,
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
    outcome,
    error: row.message === null ? null : { class: row.class, message: row.message, httpStatus: row.httpStatus },
    requestId,
    trigger,
    requestedBy,
    requestVerified,
    reason,
  };
}
