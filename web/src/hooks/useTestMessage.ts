import { useState } from 'react';
import type { TestedAnswer } from '../../../server/api/notifications.ts';
import { mayBeDone } from '../api.ts';
import { postTestMessage } from '../changes.ts';
import { getActor } from '../lib/actor.ts';

/** What became of the test message that was asked for on this page. */
export type TestMessage =
  | { readonly stage: 'none' | 'sending' }
  | { readonly stage: 'answered'; readonly channels: TestedAnswer['channels'] }
  | { readonly stage: 'failed'; readonly sentence: string };

export function useTestMessage(): { readonly test: TestMessage; readonly send: () => Promise<void> } {
  const [test, setTest] = useState<TestMessage>({ stage: 'none' });
  const send = async (): Promise<void> => {
    setTest({ stage: 'sending' });
    try {
      const { body } = await postTestMessage(getActor());
      setTest({ stage: 'answered', channels: body.channels });
    } catch (error) {
      setTest({ stage: 'failed', sentence: failureWords(error) });
    }
  };
  return { test, send };
}

function failureWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return mayBeDone(error) ? `Not known whether it was sent. ${message}` : `Not sent. ${message}`;
}
