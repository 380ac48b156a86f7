import { describe, expect, it } from 'vitest';
import { together } from '../../server/sweep/together.ts';

/** Each batch waits until it is let go. */
function gathering() {
  const batches: { items: readonly number[]; go: () => void; fail: (error: Error) => void }[] = [];
  const ask = together(
    (items: readonly number[]) =>
      new Promise<readonly string[]>((resolve, reject) => {
        batches.push({ items, go: () => resolve(items.map((item) => `answer ${item}`)), fail: reject });
      }),
  );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { ask, batches, settle, items: () => batches.map((batch) => batch.items) };
}

describe('what is asked one by one and done together', () => {
  it('gathers those that ask in the same turn, and gives to each its own answer', async () => {
    const { ask, batches, settle, items } = gathering();
    const answers = [1, 2, 3].map(ask);
    await settle();
    expect(items()).toEqual([[1, 2, 3]]);
    batches[0]?.go();
    expect(await Promise.all(answers)).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });

  it('has one call under way at a time: who asks meanwhile goes with the next', async () => {
    const { ask, batches, settle, items } = gathering();
    const first = ask(1);
    await settle();
    const [second, third] = [ask(2), ask(3)];
    await settle();
    expect(items()).toEqual([[1]]);
    batches[0]?.go();
    await first;
    await settle();
    expect(items()).toEqual([[1], [2, 3]]);
    batches[1]?.go();
    expect(await Promise.all([second, third])).toEqual(['answer 2', 'answer 3']);
  });

  it('throws to all of a batch what it failed of, and goes on with the next', async () => {
    const { ask, batches, settle } = gathering();
    const answers = Promise.allSettled([1, 2].map(ask));
    await settle();
    const later = ask(3);
    batches[0]?.fail(new Error('the disk is full'));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await settle();
    batches[1]?.go();
    expect(await later).toBe('answer 3');
  });

  it('leaves nobody waiting whose answer is missing', async () => {
    const ask = together(async (items: readonly number[]) => items.slice(1));
    const [first, second] = await Promise.allSettled([ask(1), ask(2)]);
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected']);
  });
});
