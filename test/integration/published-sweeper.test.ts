import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';

describe('the nine cases of the published sweeper', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
    return () => world.close();
  });

  it('clears the id when the Stop succeeds', async () => {
    const leaked = await world.leak();
    const swept = await world.sweep();
    expect(swept?.end.result).toBe('cleared');
    expect((await world.row(leaked.id))?.instance_id).toBeNull();
    expect(world.controlPlane.instance(leaked.instance_id ?? '')?.state).toBe('terminated');
    expect((await world.attempts()).map((a) => [a.instance_id, a.outcome])).toEqual([[leaked.instance_id, 'stopped']]);
  });
});
