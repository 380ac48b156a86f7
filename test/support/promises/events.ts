import fc from 'fast-check';

/** Everything that can happen, and how often in relation to the rest. */
export const WEIGHTS = {
  // The platform.
  'a workspace leaks': 2,
  'several leak at once': 1,
  'one leaks whose instance is gone': 2,
  'a live workspace leaks': 2,
  'a workspace is removed well': 2,
  'a workspace is restored': 2,
  'a workspace gets another instance': 2,
  'a row is deleted': 2,
  'the platform finishes a removal': 2,
  'a live workspace names the same instance': 2,
  // The control plane, towards one instance.
  'one answers 403': 2,
  'one answers 409': 2,
  'one answers 400': 2,
  'one answers 500': 2,
  'one answers with a page': 2,
  'one is reset': 2,
  'one hangs': 2,
  'one is accepted and runs on': 2,
  'one is well again': 2,
  // The control plane as a whole.
  'all answer 503': 2,
  'all answer 429': 2,
  'all answer 401': 2,
  'all are reset': 2,
  'nobody listens': 2,
  'the control plane is back': 2,
  // The sweeper.
  'a look': 1,
  'a sweep at boot': 4,
  'a sweep of the interval': 3,
  'a sweep of another replica': 3,
  'a sweep by hand': 3,
  'a sweep of one workspace': 2,
  'a dry run': 2,
  'a dry replica': 2,
  'a drain': 2,
  'two replicas at once': 2,
  'a process freezes': 2,
  'a process dies': 6,
  'a process is told to stop': 4,
  'a row changes during a sweep': 3,
  'a sweep is cancelled': 3,
  // The platform's database.
  'the platform is away': 2,
  'the platform goes away before the recheck': 2,
  'an id cannot be cleared': 2,
  'the table looks empty': 2,
  // Persons.
  'a hold': 1,
  'a hold is ended': 2,
  'a pause': 1,
  'a pause is ended': 2,
  'an acknowledgement': 2,
  'the brake is released': 2,
  'the console is looked at': 2,
  // Time.
  'a minute passes': 4,
  'eleven minutes pass': 2,
  'half an hour passes': 2,
} as const;

export type Kind = keyof typeof WEIGHTS;

/** What happens, and to which of those that it can happen to: numbers, taken modulo how many there are. */
export interface Event {
  readonly kind: Kind;
  readonly pick: number;
  readonly turn: number;
}

function isKind(name: string): name is Kind {
  return name in WEIGHTS;
}

export const KINDS: readonly Kind[] = Object.keys(WEIGHTS).filter(isKind);

/** So many that half of the sequences have thirty events or more that could happen. */
const FEWEST = 20;
const MOST = 28;

const event = fc.record({
  kind: fc.oneof(...KINDS.map((kind) => ({ arbitrary: fc.constant(kind), weight: WEIGHTS[kind] }))),
  pick: fc.nat({ max: 999 }),
  turn: fc.nat({ max: 999 }),
});

export const sequences: fc.Arbitrary<Event[]> = fc.array(event, {
  minLength: FEWEST,
  maxLength: MOST,
  size: 'max',
});
