import { useState } from 'react';
import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { untilOf } from '../lib/until.ts';
import type { Chosen } from './UntilField.tsx';

/** A reason and how long, as they are typed. */
export function useTerm() {
  const { serverNowMs } = useStatus();
  const { zone } = useDisplay();
  const [reason, setReason] = useState('');
  const [chosen, setChosen] = useState<Chosen>({ choice: '1h', typed: '' });
  return {
    reason,
    setReason,
    chosen,
    setChosen,
    /** @throws where what was typed is no time: the form has asked for one by then */
    term(actor: string | null) {
      const until = untilOf(chosen.choice, chosen.typed, zone, serverNowMs);
      if (until === null) throw new RangeError('That is no time.');
      return { reason: reason.trim(), until, actor };
    },
  };
}
