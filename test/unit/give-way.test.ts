import { describe, expect, it } from 'vitest';
import { createRightOfWay } from '../../server/sweep/give-way.ts';

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Somebody on their way, who passes or ends when told to. */
function traveller(way: ReturnType<typeof createRightOfWay>) {
  let pass = (): void => undefined;
  let end = (_error?: Error): void => undefined;
  const journey = way.first(
    (passed) =>
      new Promise<void>((resolve, reject) => {
        pass = passed;
        end = (error) => (error === undefined ? resolve() : reject(error));
      }),
  );
  return { journey, pass: () => pass(), end: (error?: Error) => end(error) };
}

describe('who gives way', () => {
  it('waits until those have passed who are on their way, and not until they have arrived', async () => {
    const way = createRightOfWay();
    const [one, two] = [traveller(way), traveller(way)];
    let went = false;
    const waiting = way.giveWay().then(() => {
      went = true;
    });
    one.pass();
    await settle();
    expect(went).toBe(false);
    two.pass();
    await waiting;
    one.end();
    two.end();
    await Promise.all([one.journey, two.journey]);
  });

  it('waits for one who set out in the same turn, and for nobody who sets out later', async () => {
    const way = createRightOfWay();
    let went = false;
    const waiting = way.giveWay().then(() => {
      went = true;
    });
    const same = traveller(way);
    await settle();
    expect(went).toBe(false);
    const later = traveller(way);
    same.pass();
    await waiting;
    for (const { end } of [same, later]) end();
  });

  it('does not wait for one who ended without having passed, however that was', async () => {
    const way = createRightOfWay();
    const [one, two] = [traveller(way), traveller(way)];
    const lost = expect(two.journey).rejects.toThrow('lost');
    const waiting = way.giveWay();
    one.end();
    two.end(new Error('lost'));
    await waiting;
    await lost;
    await way.giveWay();
  });
});
