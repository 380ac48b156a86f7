/** One edit of the source that a test has to notice. */
export interface Edit {
  /** What the clause keeps, as a claim. */
  readonly claim: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The tests that guard it. */
  readonly tests: readonly string[];
}

const PLATFORM = 'server/sweep/platform.ts';
const ATTEMPT = 'server/sweep/attempt.ts';
const CLAIM_SOURCE = 'server/sweep/claim.ts';
const FINISH = 'server/sweep/finish.ts';
const INVENTORY = 'server/sweep/inventory.ts';
const SCHEDULE = 'server/sweep/schedule.ts';
const SWEEP = 'server/sweep/sweep.ts';
const BATCH = 'server/sweep/batch.ts';
const DECIDE = 'server/sweep/decide.ts';
const STORE = 'server/sweep/store.ts';
const CONCLUDE = 'server/sweep/conclude.ts';
const LOOK_ROWS = 'server/sweep/look-rows.ts';
const EXCUSE = 'server/sweep/excuse.ts';
const WATCHED = 'server/sweep/watched.ts';
const MEASURES_SOURCE = 'server/api/measures.ts';
const WATCH = 'server/api/watch.ts';
const ACCESS = 'server/api/access.ts';
const HEADER = 'server/access/header.ts';

const DOCKER = 'server/backends/docker.ts';
const STEPS = ['test/integration/containers.test.ts'];
const UNKNOWN = ['test/integration/unknown-containers.test.ts'];
const MAY = ['test/integration/access.test.ts'];
const CLAIM = 'test/integration/claim.test.ts';
const GUARDS = ['test/integration/recheck-guards.test.ts'];
const NOT_CALLED = ['test/integration/not-called.test.ts'];
const OVERLAP = ['test/integration/sweep-overlap.test.ts'];
const RACES = ['test/integration/sweep-races.test.ts'];
const STATEMENTS = ['test/integration/platform-statements.test.ts'];
const OBSERVE = ['test/integration/observe-races', 'test/integration/vanished-rows'];
const ORDER = ['test/integration/sweep-order-and-limits.test.ts'];
const FAULTS = ['test/integration/platform-faults.test.ts'];
const SLOW_START = ['test/integration/sweep-slow-start.test.ts'];
const CONTROL = ['test/integration/control-races.test.ts'];
const SECOND_LOOK = ['test/integration/second-look.test.ts'];
const REAPPEARED = ['test/integration/reappeared.test.ts'];
const BRAKE = ['test/integration/brake'];
const BREAKER = ['test/integration/sweep-breaker.test.ts'];
const WRONG_WORLD = ['test/integration/wrong-world', 'test/integration/other-platform'];
const KNOWN = ['test/integration/positive-control.test.ts'];
const VANISHED = ['test/integration/vanished-rows'];
const EXCUSED = ['test/integration/excused-time.test.ts'];
const MEASURES = ['test/unit/measures.test.ts'];
const METRICS = ['test/integration/metrics.test.ts'];
const METERED = ['test/integration/metered.test.ts'];
const MANUAL = ['test/integration/dry-run-and-manual.test.ts', 'test/integration/manual-sweeps.test.ts'];

export const EDITS: readonly Edit[] = [
  // The predicate of an orphan.
  {
    claim: 'only removed rows are orphans',
    file: PLATFORM,
    find: "const leaked = sql.raw(`status = 'removed' and",
    replace: "const leaked = sql.raw(`status = 'online' and",
    tests: STATEMENTS,
  },
  {
    claim: 'an orphan has an instance id (said aloud, so that the index serves)',
    file: PLATFORM,
    find: "status = 'removed' and instance_id is not null and instance_id <> ''",
    replace: "status = 'removed' and instance_id <> ''",
    tests: STATEMENTS,
  },
  {
    claim: 'an empty instance id is none',
    file: PLATFORM,
    find: "instance_id is not null and instance_id <> ''`",
    replace: 'instance_id is not null`',
    tests: STATEMENTS,
  },
  // The only write.
  {
    claim: 'the clear names the row',
    file: PLATFORM,
    find: "where id = ${workspaceId} and status = 'removed'",
    replace: "where ${workspaceId} <> '' and status = 'removed'",
    tests: STATEMENTS,
  },
  {
    claim: 'the clear never touches a row that is not removed',
    file: PLATFORM,
    find: "and status = 'removed' and instance_id = ${instanceId}",
    replace: 'and instance_id = ${instanceId}',
    tests: STATEMENTS,
  },
  {
    claim: 'the clear never takes another instance id off',
    file: PLATFORM,
    find: "and status = 'removed' and instance_id = ${instanceId}",
    replace: "and status = 'removed' and ${instanceId} <> ''",
    tests: STATEMENTS,
  },
  {
    claim: 'policies are errors, not empty answers',
    file: 'server/db/connect.ts',
    find: "...(rowSecurityOff ? ['set local row_security = off'] : []),",
    replace: '',
    tests: FAULTS,
  },
  // The recheck.
  {
    claim: 'a row that is gone is not stopped',
    file: DECIDE,
    find: 'return row?.removed === true && names(row, orphan.instanceId);',
    replace: 'return row === undefined || (row.removed && names(row, orphan.instanceId));',
    tests: RACES,
  },
  {
    claim: 'a row that is not removed is not stopped',
    file: DECIDE,
    find: 'return row?.removed === true && names(row, orphan.instanceId);',
    replace: 'return row !== undefined && names(row, orphan.instanceId);',
    tests: RACES,
  },
  {
    claim: 'a row with another instance is not stopped',
    file: DECIDE,
    find: 'return row?.removed === true && names(row, orphan.instanceId);',
    replace: 'return row?.removed === true;',
    tests: RACES,
  },
  {
    claim: 'an instance that a live row names is not stopped',
    file: ATTEMPT,
    find: 'if (live !== undefined) {',
    replace: 'if (live !== undefined && !rechecked) {',
    tests: GUARDS,
  },
  {
    claim: 'a row with an unknown status is live',
    file: PLATFORM,
    find: "status is distinct from 'removed'`);",
    replace: "status <> 'removed'`);",
    tests: STATEMENTS,
  },
  {
    claim: 'the live-row check leaves removed rows out',
    file: PLATFORM,
    find: ' and ${live}\n          union all',
    replace: '\n          union all',
    tests: STATEMENTS,
  },
  {
    claim: 'no Stop follows a recheck older than 2 s',
    file: 'server/sweep/recheck.ts',
    find: 'export const RECHECK_VALID_MS = 2_000;',
    replace: 'export const RECHECK_VALID_MS = 2_000_000;',
    tests: GUARDS,
  },
  {
    claim: 'a recheck that failed is no permission',
    file: ATTEMPT,
    find: "return { kind: 'ended', ending: faultOf(error), rechecked: null };",
    replace:
      "return { kind: 'go', rechecked: { askedMs: deps.clock.monotonicMs(), row: undefined, live: undefined } };",
    tests: GUARDS,
  },
  // Claim and order.
  {
    claim: 'a sweep claims no more than its limit',
    file: CLAIM_SOURCE,
    find: '.limit(request.limit)',
    replace: '.limit(request.limit * 10)',
    tests: ORDER,
  },
  {
    claim: 'those that leaked first go first',
    file: CLAIM_SOURCE,
    find: '[orphans.nextAttemptAt, orphans.orphanedAt, orphans.id]',
    replace: '[orphans.nextAttemptAt, sql`${orphans.orphanedAt} desc`, orphans.id]',
    tests: ORDER,
  },
  {
    claim: 'those that wait longest go before those that failed',
    file: CLAIM_SOURCE,
    find: '[orphans.nextAttemptAt, orphans.orphanedAt, orphans.id]',
    replace: '[orphans.orphanedAt, orphans.id]',
    tests: [CLAIM, ...ORDER],
  },
  {
    claim: 'a claim passes by what others have locked',
    file: CLAIM_SOURCE,
    find: ".for('update', { skipLocked: true })",
    replace: ".for('update')",
    tests: [CLAIM],
  },
  {
    claim: 'a claim takes nothing that is resolved',
    file: CLAIM_SOURCE,
    find: '    isNull(orphans.resolvedAt),\n    sql`${orphans.firstSeenAt}',
    replace: '    sql`${orphans.firstSeenAt}',
    tests: [CLAIM],
  },
  {
    claim: 'a claim waits for the backoff',
    file: CLAIM_SOURCE,
    find: 'ignoreBackoff ? undefined : sql`${orphans.nextAttemptAt} <= now()`',
    replace: 'undefined',
    tests: [CLAIM],
  },
  {
    claim: 'a claim waits for the grace',
    file: CLAIM_SOURCE,
    find: '    sql`${orphans.firstSeenAt} <= now() - ${milliseconds(graceMs)}`,\n',
    replace: '',
    tests: [CLAIM],
  },
  {
    claim: 'a claim takes nothing that another sweep has claimed',
    file: CLAIM_SOURCE,
    find: 'drainUntil === null ? unclaimed : sql',
    replace: 'drainUntil === null ? undefined : sql',
    tests: [CLAIM],
  },
  {
    claim: 'a claim takes nothing that is being stopped',
    file: CLAIM_SOURCE,
    find: '    isNull(orphans.attemptId),\n    drainUntil',
    replace: '    drainUntil',
    tests: [CLAIM],
  },
  {
    claim: 'a claim takes only its own tenant’s orphans',
    file: CLAIM_SOURCE,
    find: '    eq(orphans.tenant, tenant),\n    isNull(orphans.resolvedAt),',
    replace: '    isNull(orphans.resolvedAt),',
    tests: [CLAIM],
  },
  {
    claim: 'a claim ends with its lease',
    file: CLAIM_SOURCE,
    find: 'sql`least(now() + ${milliseconds(ttlMs)}, (${lease}))`',
    replace: 'sql`greatest(now() + ${milliseconds(ttlMs)}, (${lease}))`',
    tests: [CLAIM],
  },
  {
    claim: 'what is replaced is never stopped',
    file: CLAIM_SOURCE,
    find: "const STOPPABLE = ['removed', ",
    replace: "const STOPPABLE = ['removed', 'replaced', ",
    tests: [CLAIM],
  },
  {
    claim: 'what was stopped while restored is left to a person',
    file: CLAIM_SOURCE,
    find: " and ${orphans.lastOutcome} is distinct from 'stopped_live'`",
    replace: '`',
    tests: [CLAIM],
  },
  {
    claim: 'a scope is kept',
    file: CLAIM_SOURCE,
    find: 'scope === null ? undefined :',
    replace: 'scope === null || scope.length > 0 ? undefined :',
    tests: [CLAIM],
  },
  // Attempt.
  {
    claim: 'the attempt is written before its Stop',
    file: ATTEMPT,
    find: 'const attemptId = await deps.store.start(orphan);',
    replace: 'const attemptId: string | null = crypto.randomUUID();',
    tests: OVERLAP,
  },
  {
    claim: 'the id is cleared',
    file: ATTEMPT,
    find: 'const cleared = await platform.clear(orphan);',
    replace: "const cleared = 'cleared' as 'cleared' | 'live';",
    tests: ['test/integration/published-sweeper.test.ts'],
  },
  {
    claim: 'an attempt starts only under a valid claim of this sweep',
    file: CLAIM_SOURCE,
    find: 'and claimed_by = ${by.sweepId} and claimed_until > now()',
    replace: '',
    tests: [CLAIM],
  },
  {
    claim: 'an attempt starts only under a valid lease',
    file: STORE,
    find: '      and ${tenants.leaseSweepId} = ${sweepId} and ${tenants.leaseUntil} > now()\n      and ${tenants.brakeAt}',
    replace: '      and ${tenants.brakeAt}',
    tests: [CLAIM],
  },
  {
    claim: 'an orphan has one attempt at a time',
    file: CLAIM_SOURCE,
    find: 'and resolved_at is null and attempt_id is null and',
    replace: 'and resolved_at is null and',
    tests: [CLAIM],
  },
  {
    claim: 'an outcome is never replaced',
    file: FINISH,
    find: 'where id = ${attemptId} and outcome is null',
    replace: 'where id = ${attemptId}',
    tests: [CLAIM],
  },
  {
    claim: 'no Stop starts without enough of the lease',
    file: ATTEMPT,
    find: 'if (!(await lease.lasts(stopper.timeoutMs + STOP_MARGIN_MS)))',
    replace: 'if (!(await lease.lasts(stopper.timeoutMs + STOP_MARGIN_MS)) && told.aborted)',
    tests: OVERLAP,
  },
  {
    claim: 'slow start begins three',
    file: 'server/sweep/decide.ts',
    find: 'const SLOW_START = 3;',
    replace: 'const SLOW_START = 4;',
    tests: ['test/unit/decide.test.ts'],
  },
  {
    claim: 'Stops in flight never exceed the width',
    file: 'server/sweep/decide.ts',
    find: '? concurrency - pace.inFlight',
    replace: '? concurrency + 1 - pace.inFlight',
    tests: SLOW_START,
  },
  {
    claim: 'an answer frees one place, its own',
    file: 'server/sweep/tally.ts',
    find: '      inFlight -= 1;\n      finishing += 1;',
    replace: '      inFlight -= 2;\n      finishing += 1;',
    tests: SLOW_START,
  },
  {
    claim: 'a database that is slow slows the Stops',
    file: 'server/sweep/decide.ts',
    find: '  if (pace.finishing >= concurrency) return 0;\n',
    replace: '',
    tests: ['test/unit/decide.test.ts'],
  },
  {
    claim: 'attempts that are started together are locked in the order of their ids',
    file: CLAIM_SOURCE,
    find: '      order by id for no key update\n',
    replace: '      for no key update\n',
    tests: ['test/integration/lock-order.test.ts'],
  },
  {
    claim: 'a sweep asks for the permission to clear first',
    file: SWEEP,
    find: 'if (refusal !== null && !order.dryRun)',
    replace: 'if (refusal !== null && order.dryRun)',
    tests: FAULTS,
  },
  {
    claim: 'the permission is asked for the update itself',
    file: PLATFORM,
    find: '        await tx.execute(sql`explain ${clearing(target)}`);\n',
    replace: '',
    tests: STATEMENTS,
  },
  {
    claim: 'a read-only server is refused',
    file: PLATFORM,
    find: "rows[0]?.read_only !== 'off'",
    replace: "rows[0]?.read_only === 'never'",
    tests: FAULTS,
  },
  {
    claim: 'a replica is refused',
    file: PLATFORM,
    find: 'rows[0]?.replica === true',
    replace: "rows[0]?.read_only === 'never'",
    tests: FAULTS,
  },
  {
    claim: 'nothing is stopped while disabled',
    file: SWEEP,
    find: 'deps.settings.disabledReason ??',
    replace: '',
    tests: ['test/integration/published-sweeper.test.ts'],
  },
  // Observe.
  {
    claim: 'an older look is not applied',
    file: INVENTORY,
    find: 'return row !== undefined && !row.newer;',
    replace: 'return row !== undefined;',
    tests: OBSERVE,
  },
  {
    claim: 'a look inserts no key that was resolved after it began',
    file: INVENTORY,
    find: '        and known.instance_id = seen.instance_id and known.resolved_at > ${startedAt}::timestamptz',
    replace:
      "        and known.instance_id = seen.instance_id and known.resolved_at > 'infinity' and ${startedAt} <> ''",
    tests: OBSERVE,
  },
  {
    claim: 'a look touches nothing that was first seen after it began',
    file: 'server/sweep/conclude.ts',
    find: ' and ${orphans.firstSeenAt} <= ${startedAt}::timestamptz\n',
    replace: " and ${startedAt} <> ''\n",
    tests: OBSERVE,
  },
  {
    claim: 'a look touches nothing that is being stopped',
    file: 'server/sweep/conclude.ts',
    find: 'and not (${orphans.attemptId} is not null and ${orphans.claimedUntil} > now())`',
    replace: '`',
    tests: OBSERVE,
  },
  {
    claim: 'a look ends only attempts whose claim has run out',
    file: INVENTORY,
    find: 'is not null and ${orphans.claimedUntil} <= now()`;',
    replace: 'is not null`;',
    tests: OBSERVE,
  },
  {
    claim: 'what is missing is read again before anything is concluded',
    file: 'server/sweep/observe.ts',
    find: 'const current = await readAgain(platform, differences.missing);',
    replace: 'const current = await readAgain(platform, differences.missing.slice(0, 0));',
    tests: OBSERVE,
  },
  {
    claim: 'a row that was resolved by others is reopened, not inserted',
    file: INVENTORY,
    find: '          await reopen(tx, tenant, look.startedAt, added);\n',
    replace: '',
    tests: OBSERVE,
  },
  // Who may sweep.
  {
    claim: 'a valid lease of another replica is respected',
    file: SCHEDULE,
    find: 'or ${tenants.leaseUntil} <= now() or',
    replace: 'or ${tenants.leaseUntil} > now() or',
    tests: [CLAIM],
  },
  {
    claim: 'a lease that has run out can be taken',
    file: SCHEDULE,
    find: 'or ${tenants.leaseUntil} <= now() or',
    replace: 'or',
    tests: [CLAIM],
  },
  {
    claim: 'a tick leaves the work to whoever has just done it',
    file: SCHEDULE,
    find: "if (trigger === 'interval' && state?.recent === true)",
    replace: "if (trigger !== 'interval' && state?.recent === true)",
    tests: [CLAIM],
  },
  {
    claim: 'an equal request joins',
    file: SCHEDULE,
    find: "if (equal !== null) return { kind: 'joined', sweepId: equal };",
    replace: '',
    tests: MANUAL,
  },
  {
    claim: 'a request for another scope does not join',
    file: SCHEDULE,
    find: '        sql`${sweeps.scope} is not distinct from ${sql.param(scopeOf(request))}::text[]`,\n',
    replace: '',
    tests: MANUAL,
  },
  {
    claim: 'a real sweep does not join a dry one',
    file: SCHEDULE,
    find: '        eq(sweeps.dryRun, request.dryRun),\n',
    replace: '',
    tests: MANUAL,
  },
  {
    claim: 'a dry run stops nothing',
    file: BATCH,
    find: 'if (order.dryRun) return (orphan) =>',
    replace: 'if (order.dryRun && backend === null) return (orphan) =>',
    tests: MANUAL,
  },
  {
    claim: 'a body is not coerced: 0 is no dry run, and no real sweep either',
    file: 'server/api/sweeps.ts',
    find: 'dryRun: Type.Optional(Type.Boolean()),',
    replace: 'dryRun: Type.Optional(Type.Any()),',
    tests: ['test/integration/api-refusals.test.ts'],
  },
  // What was not called, or is heard too late.
  {
    claim: 'an attempt that sent nothing says nothing about its orphan',
    file: ATTEMPT,
    find: "if (outcome === 'interrupted' && !called) return",
    replace: "if (outcome === 'interrupted' && called && !called) return",
    tests: NOT_CALLED,
  },
  {
    claim: 'no Stop starts once the process was told to stop',
    file: ATTEMPT,
    find: "  if (told.aborted) return 'The process was told to stop before the Stop was sent: not called.';\n",
    replace: '',
    tests: NOT_CALLED,
  },
  {
    claim: 'no Stop starts later than the deadline allows',
    file: ATTEMPT,
    find: 'return deps.clock.monotonicMs() > deps.lastStartMs ?',
    replace: 'return deps.clock.monotonicMs() < 0 ?',
    tests: NOT_CALLED,
  },
  {
    claim: 'an instance that is gone while its workspace lives may be gone because of us',
    file: ATTEMPT,
    find: " === 'live' && ours",
    replace: " === 'live' && answer === 'accepted'",
    tests: NOT_CALLED,
  },
  {
    claim: 'a Stop that was cut off may have arrived, whatever was tried since',
    file: CONCLUDE,
    find: "(made.outcome = 'interrupted' and",
    replace: '(false and',
    tests: VANISHED,
  },
  {
    claim: 'one whose answer came late, and was a failure, has not arrived',
    file: CONCLUDE,
    find: "coalesce(made.late_answer, 'interrupted') = 'interrupted'",
    replace: 'true',
    tests: VANISHED,
  },
  {
    claim: 'one that was never sent has not arrived',
    file: CONCLUDE,
    find: ' and made.called is not false',
    replace: '',
    tests: NOT_CALLED,
  },
  {
    claim: 'a late answer that hit a live workspace is shouted',
    file: FINISH,
    find: "if (ending.outcome === 'stopped_live') await shoutLate(tx, orphan.orphanId);",
    replace: '',
    tests: ['test/integration/vanished-rows-again.test.ts'],
  },
  {
    claim: 'an older look that failed says nothing',
    file: INVENTORY,
    find: '${tenants.observedAt} <= ${startedAt}::timestamptz',
    replace: "${startedAt} <> ''",
    tests: NOT_CALLED,
  },
  {
    claim: 'what is written without a time zone is UTC',
    file: 'server/db/connect.ts',
    find: `    "set local timezone = 'UTC'",\n`,
    replace: '',
    tests: NOT_CALLED,
  },
  // What a person, or the sweeper itself, has said since the claim.
  {
    claim: 'what is held is not claimed',
    file: CLAIM_SOURCE,
    find: '    sql`coalesce(${orphans.holdUntil} <= now(), true)`,\n',
    replace: '',
    tests: [CLAIM],
  },
  {
    claim: 'a hold takes effect before the next Stop of a running sweep',
    file: CLAIM_SOURCE,
    find: ' and coalesce(hold_until <= now(), true)\n',
    replace: '\n',
    tests: CONTROL,
  },
  {
    claim: 'the brake takes effect before the next Stop of a running sweep',
    file: STORE,
    find: '${tenants.brakeAt} is null and ${sweeps.cancelRequestedAt}',
    replace: '${sweeps.cancelRequestedAt}',
    tests: CONTROL,
  },
  {
    claim: 'a cancel takes effect before the next Stop of a running sweep',
    file: STORE,
    find: ' and ${sweeps.cancelRequestedAt} is null\n',
    replace: '\n',
    tests: CONTROL,
  },
  {
    claim: 'a pause takes effect before the next Stop of a running sweep',
    file: STORE,
    find: "\n      and (${sweeps.trigger} = 'manual' or coalesce(${tenants.pauseUntil} <= now(), true)))`",
    replace: ')`',
    tests: CONTROL,
  },
  {
    claim: 'what has become unstoppable since the claim is not started',
    file: CLAIM_SOURCE,
    find: '        and ${stoppable} and ${allowed}',
    replace: '        and ${allowed}',
    tests: ['test/integration/observe-in-between.test.ts'],
  },
  {
    claim: 'a later orphan of a held workspace is held',
    file: INVENTORY,
    find: 'and held.hold_until > now()',
    replace: 'and held.hold_until < now()',
    tests: ['test/integration/holds-and-pauses.test.ts', 'test/integration/reappeared.test.ts'],
  },
  // The breaker.
  {
    claim: 'three different orphans in a row open the breaker',
    file: DECIDE,
    find: 'const BREAKER_RUN = 3;',
    replace: 'const BREAKER_RUN = 300;',
    tests: BREAKER,
  },
  {
    claim: 'a 401 and a 429 open it at once',
    file: DECIDE,
    find: "new Set<FailureClass>(['unauthorized', 'throttled'])",
    replace: 'new Set<FailureClass>()',
    tests: BREAKER,
  },
  {
    claim: 'while it is open a sweep sends one probe',
    file: SWEEP,
    find: 'limit: probing ? 1 : left,',
    replace: 'limit: left,',
    tests: BREAKER,
  },
  {
    claim: 'probes try others in turn',
    file: DECIDE,
    find: "return probes % 2 === 0 ? 'newest_untried' : 'random';",
    replace: "return 'newest_untried';",
    tests: ['test/unit/decide-safety.test.ts'],
  },
  {
    claim: 'nothing at all is called before a Retry-After is over',
    file: 'server/sweep/gate.ts',
    find: 'if (gate.breaker.restUntil !== null && !dryRun) {',
    replace: 'if (gate.breaker.restUntil !== null && dryRun) {',
    tests: BREAKER,
  },
  {
    claim: 'what waited for the control plane is due when it is back',
    file: 'server/sweep/breaker-row.ts',
    find: '    if (change.recovered) await allDue(tx, tenant);\n',
    replace: '',
    tests: BREAKER,
  },
  {
    claim: 'in an outage nothing becomes stuck',
    file: EXCUSE,
    find: 'least(now(), ${excusedSince(tenant)}, ${orphans.heldAt})',
    replace: 'least(now(), ${orphans.heldAt})',
    tests: BREAKER,
  },
  {
    claim: 'time that does not count is added',
    file: EXCUSE,
    find: '  if (!state.excused) await addTime(tx, tenant, endedAt);\n',
    replace: '',
    tests: EXCUSED,
  },
  {
    claim: 'what was sent before a Retry-After does not end it',
    file: 'server/sweep/breaker.ts',
    find: 'if (restingMs > 0 && (!after.open',
    replace: 'if (restingMs < 0 && (!after.open',
    tests: BREAKER,
  },
  {
    claim: 'one that may bring the process down goes last and alone',
    file: DECIDE,
    find: "return lastOutcome === 'interrupted';",
    replace: "return lastOutcome === 'would_stop';",
    tests: ['test/integration/poison.test.ts'],
  },
  // The brake.
  {
    claim: 'more new orphans than the limit latch the brake',
    file: DECIDE,
    find: "surgeLimit !== 'unlimited' && inserted > surgeLimit",
    replace: "surgeLimit !== 'unlimited' && inserted > surgeLimit * 10",
    tests: BRAKE,
  },
  {
    claim: 'not as many as the limit',
    file: DECIDE,
    find: "surgeLimit !== 'unlimited' && inserted > surgeLimit",
    replace: "surgeLimit !== 'unlimited' && inserted >= surgeLimit",
    tests: BRAKE,
  },
  {
    claim: 'what a release covers does not latch it again',
    file: 'server/sweep/brake.ts',
    find: "        and first_seen_at > coalesce(brake_covered_until, '-infinity')\n    ) as inserted",
    replace: '    ) as inserted',
    tests: BRAKE,
  },
  {
    claim: 'a latched brake lets no sweep begin a Stop',
    file: 'server/sweep/gate.ts',
    find: 'if (gate.brakeLatched && !(byHand && dryRun)) return BRAKED;',
    replace: '',
    tests: BRAKE,
  },
  // The world around.
  {
    claim: 'while the table is empty a row that is gone proves nothing',
    file: ATTEMPT,
    find: "if (row === undefined && tableEmpty && orphan.why !== 'removed') {",
    replace: "if (row === undefined && tableEmpty && orphan.why === 'no_row') {",
    tests: WRONG_WORLD,
  },
  {
    claim: 'an empty table stops the whole sweep',
    file: 'server/sweep/gate.ts',
    find: 'return gate.platformEmpty && !dryRun ? PLATFORM_EMPTY : null;',
    replace: 'return null;',
    tests: VANISHED,
  },
  {
    claim: 'a control plane that knows none of this platform stops nothing',
    file: 'server/sweep/positive-control.ts',
    find: "return found.result === 'not_known' ? found.message : null;",
    replace: 'return null;',
    tests: KNOWN,
  },
  {
    claim: 'a check stops nothing',
    file: 'server/commands/check-control-plane.ts',
    find: 'backend.look(NOBODY,',
    replace: 'backend.stop(NOBODY,',
    tests: ['test/integration/check.test.ts'],
  },
  {
    claim: 'an observe concludes nothing for another platform’s tenant',
    file: INVENTORY,
    find: 'if (known === null || known === fingerprint) return;',
    replace: 'if (known === null || known !== null) return;',
    tests: WRONG_WORLD,
  },
  {
    claim: 'a replica is no platform',
    file: PLATFORM,
    find: "      if (rows[0]?.replica !== false) throw faultOf(new ReadOnlyPlatform('replica'));\n",
    replace: '',
    tests: FAULTS,
  },
  // The second look.
  {
    claim: 'only terminated and not_found say that it is gone',
    file: DECIDE,
    find: "    case 'stopping':\n    case 'stopped':\n      return 'again';",
    replace: "    case 'stopping':\n      return 'again';\n    case 'stopped':\n      return 'terminated';",
    tests: SECOND_LOOK,
  },
  {
    claim: 'one that reappeared is stopped only where no live row has it',
    file: DECIDE,
    find: 'return row === undefined || (row.removed && (row.instanceId === null',
    replace: 'return row === undefined || ((row.instanceId === null',
    tests: REAPPEARED,
  },
  {
    claim: 'a further accepted Stop does not resolve one that reappeared',
    file: DECIDE,
    find: "if (why !== 'reappeared') return { ...stopped, look",
    replace: "if (why !== 'no_row') return { ...stopped, look",
    tests: REAPPEARED,
  },
  {
    claim: 'an old look changes nothing of what was found since',
    file: LOOK_ROWS,
    find: 'sql`${orphans.secondLookDueAt} = ${look.dueAt}::timestamptz`',
    replace: 'sql`${look.dueAt}::timestamptz is not null`',
    tests: [...SECOND_LOOK, ...REAPPEARED],
  },
  {
    claim: 'a table is taken for one that was named wrong only while nothing is known of it',
    file: 'server/sweep/fingerprint.ts',
    find: 'observedAt === null && ',
    replace: '',
    tests: ['test/integration/other-platform.test.ts'],
  },
  // What Prometheus is told.
  {
    claim: 'a scrape tells nothing of what is not known',
    file: MEASURES_SOURCE,
    find: 'if (value === null || value === undefined) gauge.remove();',
    replace: 'if (value === null || value === undefined) gauge.set(0);',
    tests: MEASURES,
  },
  {
    claim: 'a scrape has no duration of an attempt that sent nothing',
    file: MEASURES_SOURCE,
    find: 'if (called) durations',
    replace: 'durations',
    tests: MEASURES,
  },
  {
    claim: 'a scrape has nobody look at the platform',
    file: WATCH,
    find: 'return { homeUp: true, watched: await',
    replace: 'await home.sweeper.fresh.ifOld();\n    return { homeUp: true, watched: await',
    tests: METRICS,
  },
  {
    claim: 'a scrape costs no more than one when many come together',
    file: WATCH,
    find: 'asking ??= ask()',
    replace: 'asking = ask()',
    tests: METRICS,
  },
  {
    claim: 'a scrape takes no sweep for well that stopped nothing of what it tried',
    file: WATCHED,
    find: '  failed: false,',
    replace: '  failed: true,',
    tests: METRICS,
  },
  {
    claim: 'a scrape takes no dry run of a person for a sweep',
    file: WATCHED,
    find: ' and not dry_run',
    replace: '',
    tests: METRICS,
  },
  {
    claim: 'a scrape takes no sweep of some orphans for one of all',
    file: WATCHED,
    find: 'scope is null and ',
    replace: '',
    tests: METRICS,
  },
  {
    claim: 'a scrape wakes nobody for an orphan that is held',
    file: WATCHED,
    find: ', sql`not ${isHeld}`',
    replace: '',
    tests: METRICS,
  },
  {
    claim: 'a scrape counts no look that came when another had been there',
    file: 'server/sweep/second-look.ts',
    find: "if (written && sight === 'running')",
    replace: "if (written !== null && sight === 'running')",
    tests: METERED,
  },
  {
    claim: 'a scrape counts every attempt that has ended',
    file: BATCH,
    find: '    meter.attempted(ended, clock.monotonicMs() - startedMs);\n',
    replace: '',
    tests: METERED,
  },
  // Who did it.
  {
    claim: 'an act leaves its trace',
    file: 'server/sweep/audit.ts',
    find: '  await tx.insert(audit).values({ tenant, ...act, action, target, refused });\n',
    replace: '',
    tests: ['test/integration/holds-and-pauses.test.ts'],
  },
  {
    claim: 'a refused change leaves its trace',
    file: 'server/api/refusals.ts',
    find: '      await writeDown(request, code);\n',
    replace: '',
    tests: ['test/integration/refused-changes.test.ts'],
  },
  {
    claim: 'what arrived while the process was frozen is read before a wait is over',
    file: 'server/sweep/clock.ts',
    find: '      await pollOnce();\n',
    replace: '',
    tests: ['test/unit/clock.test.ts'],
  },
  // Who may.
  {
    claim: 'whoever has too low a role is refused',
    file: ACCESS,
    find: '        if (!mayActAs(request.who.role, needed)) throw roleRequired(request.who, needed);\n',
    replace: '',
    tests: MAY,
  },
  {
    claim: 'a header from anybody but the proxy is refused',
    file: HEADER,
    find: 'said.length > 0 && !isTrusted(trusted, address)',
    replace: 'false',
    tests: MAY,
  },
  {
    claim: 'a header that came twice is refused',
    file: HEADER,
    find: 'if (twice !== undefined)',
    replace: 'if (false)',
    tests: MAY,
  },
  {
    claim: 'a forged header counts more than a token that is right',
    file: ACCESS,
    find: "    if (said !== null && said.kind === 'forged') throw new ProblemError('forged_header', said.sentence);\n",
    replace: '',
    tests: MAY,
  },
  {
    claim: 'a session or a token ends with its time',
    file: 'server/access/known.ts',
    find: 'known !== null && clock.monotonicMs() - readMs < known.leftMs ?',
    replace: 'known !== null ?',
    tests: MAY,
  },
  {
    claim: 'a browser finishes only the sign-in that it has begun',
    file: 'server/access/oidc.ts',
    find: 'expectedState: state',
    replace: "expectedState: new URL(query, options.redirectUri).searchParams.get('state') ?? ''",
    tests: ['test/integration/sign-in.test.ts'],
  },
  {
    claim: 'nobody is sent to another site after signing in',
    file: 'server/api/sign-in.ts',
    find: 'url === null || url.origin !== publicUrl',
    replace: 'url === null',
    tests: ['test/integration/sign-in.test.ts'],
  },
  {
    claim: 'a change is made under the name of whoever is signed in',
    file: 'server/api/act.ts',
    find: '    actor: name ?? said,\n',
    replace: '    actor: said,\n',
    tests: ['test/integration/sign-in.test.ts'],
  },
  // Containers.
  {
    claim: 'each step of a Stop has a recheck of its own',
    file: 'server/sweep/passage.ts',
    find: '        young = null;\n',
    replace: '',
    tests: STEPS,
  },
  {
    claim: 'a step that the recheck refuses is not taken',
    file: DOCKER,
    find: 'if (!(await steps.mayGoOn())) {',
    replace: 'if (!(await steps.mayGoOn()) && taken === null) {',
    tests: STEPS,
  },
  {
    claim: 'a volume that was made anew is another one',
    file: DOCKER,
    find: 'volume === null || volume !== createdAt',
    replace: 'volume === null',
    tests: STEPS,
  },
  {
    claim: 'only volumes that the platform made for the workspace go with its container',
    file: DOCKER,
    find: ' && isVolumeOf(workspace, mount.Name)',
    replace: '',
    tests: STEPS,
  },
  {
    claim: 'a 404 that says nothing of the container proves nothing',
    file: DOCKER,
    find: 'answer.status === 404 && /no such',
    replace: 'answer.status === 404 || /no such',
    tests: ['test/unit/backend-contract.test.ts'],
  },
  {
    claim: 'a neighbour whose name goes on is no container without a row',
    file: DOCKER,
    find: "query === 'managed' ? found.filter((one) => isOwn(one.workspace)) : found",
    replace: 'found',
    tests: STEPS,
  },
  {
    claim: "a name that fits two workspaces is nobody's",
    file: 'server/sweep/containers.ts',
    find: 'if (owners.length > 1 && owners.some((row) => row.removed)) {',
    replace: 'if (owners.length > 9) {',
    tests: STEPS,
  },
  {
    claim: 'a container that was known before its name fitted two is not stopped',
    file: 'server/sweep/containers.ts',
    find: 'if (other !== undefined) live.set(',
    replace: 'if (other === null) live.set(',
    tests: STEPS,
  },
  {
    claim: 'what could not be looked for is not missing',
    file: INVENTORY,
    find: "        or case when known.why = 'no_row' then 'no_row' else 'removed' end is distinct from ${unseen}::text)`);",
    replace: '        or ${unseen}::text is null or true)`);',
    tests: STEPS,
  },
  {
    claim: 'a container with a step left is an orphan',
    file: 'server/sweep/steps.ts',
    find: 'and done_at is null)`,',
    replace: 'and done_at is null and false)`,',
    tests: STEPS,
  },
  {
    claim: 'a container without a row is only reported, unless it is asked for',
    file: INVENTORY,
    find: '      ? sql`false`',
    replace: '      ? sql`true`',
    tests: UNKNOWN,
  },
  {
    claim: 'a container without a row waits for its grace',
    file: INVENTORY,
    find: 'no_row_since + ${milliseconds(unknownGraceMs)} <=',
    replace: 'no_row_since <=',
    tests: UNKNOWN,
  },
  {
    claim: 'the time of a container without a row begins anew',
    file: INVENTORY,
    find: '      no_row_since = ${noRowSince(startedAt)}, no_row_confirmed = false,\n',
    replace: '',
    tests: UNKNOWN,
  },
  {
    claim: 'an empty table latches the brake, be it for one container',
    file: 'server/sweep/brake.ts',
    find: 'if (!surges && state.unknown === 0) return;',
    replace: 'if (!surges) return;',
    tests: UNKNOWN,
  },
  {
    claim: 'a container whose row came in between is not stopped',
    file: DECIDE,
    find: "    case 'no_row':\n      return row === undefined;",
    replace: "    case 'no_row':\n      return true;",
    tests: UNKNOWN,
  },
];
