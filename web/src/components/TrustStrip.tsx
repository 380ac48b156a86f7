import { CircleCheck, CircleDashed, TriangleAlert } from 'lucide-react';
import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { type Fact, trust } from '../lib/trust.ts';

const ICONS = { good: CircleCheck, bad: TriangleAlert, open: CircleDashed } as const;
const COLOURS = { good: 'text-ok', bad: 'text-bad', open: 'text-soft' } as const;

/** Why this page can be believed, or not. On a phone only the first fact, and those that are bad. */
export function TrustStrip() {
  const { status, connection, serverNowMs } = useStatus();
  const { zone } = useDisplay();
  return (
    <ul aria-label="How far this page can be believed" className="flex flex-wrap gap-x-4 gap-y-0.5 text-xs sm:text-sm">
      {trust(connection, status, serverNowMs, zone).map((fact) => (
        <FactLine key={fact.name} fact={fact} />
      ))}
    </ul>
  );
}

function FactLine({ fact: { name, words, judgement } }: { readonly fact: Fact }) {
  const Icon = ICONS[judgement];
  const always = name === 'connection' || judgement === 'bad';
  return (
    <li data-fact={name} className={`${always ? 'flex' : 'hidden sm:flex'} items-center gap-1.5 whitespace-nowrap`}>
      <Icon aria-hidden="true" className={`size-3.5 shrink-0 ${COLOURS[judgement]}`} />
      <span className={judgement === 'bad' ? 'font-semibold text-bad' : 'text-soft'}>{words}</span>
    </li>
  );
}
