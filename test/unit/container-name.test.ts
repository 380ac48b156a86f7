import { describe, expect, it } from 'vitest';
import { isOwn, isVolumeOf, workspaceIn } from '../../server/backends/container-name.ts';

const ID = '0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab';
const SHORT = '0a1b2c3d-4e5';

describe("a container's name", () => {
  it.each([
    [`ws-${ID}`, ID],
    [`ws-${SHORT}`, SHORT],
    ['ws-cafe', 'cafe'],
  ])('%s speaks of %s', (name, workspace) => expect(workspaceIn(name)).toBe(workspace));

  it.each([
    'ws-',
    'ws',
    'my-ws-thing',
    'ws-thing',
    `xws-${ID}`,
    `ws-${ID.toUpperCase()}`,
    `ws-${ID}_1`,
    `ws-${ID}\n`,
    `/ws-${ID}`,
  ])('%j speaks of none', (name) => expect(workspaceIn(name)).toBeNull());

  it("is the platform's own beyond doubt by a whole id or twelve characters", () => {
    expect([ID, SHORT, 'cafecafecafe'].map(isOwn)).toEqual([true, true, true]);
    const others = ['cafe', `${ID}-db`, `${SHORT}4`, ID.slice(0, 35), `${ID}0`, ID.replaceAll('-', '')];
    expect(others.map(isOwn)).toEqual(others.map(() => false));
  });
});

describe("a volume's name", () => {
  it.each([
    [ID, `ws-${ID}-configs`],
    [ID, `ws-${ID}-claude-sessions`],
    [ID, `ws-${SHORT}-configs`],
    [SHORT, `ws-${SHORT}-claude-sessions`],
    [SHORT, `ws-${ID}-configs`],
  ])('of %s: %s', (workspace, volume) => expect(isVolumeOf(workspace, volume)).toBe(true));

  it.each([
    [ID, 'cache'],
    [ID, `ws-${ID}`],
    [ID, `ws-${ID}-data`],
    [ID, `ws-${ID}-configs-2`],
    [ID, `ws-${ID.replace('0a', '0b')}-configs`],
    [ID, `ws-${SHORT.slice(0, 11)}-configs`],
    [SHORT, `ws-${SHORT.replace('0a', '0b')}-configs`],
    ['', 'ws--configs'],
  ])('not of %j: %s', (workspace, volume) => expect(isVolumeOf(workspace, volume)).toBe(false));
});
