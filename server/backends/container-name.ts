/**
 * What a container's name says of its workspace: `ws-` and a whole id, or the first twelve characters of one. Docker's
 * own filter matches anywhere in a name, and neighbours are called `my-ws-thing` or `ws-proxy`.
 */
const NAME = /^ws-([0-9a-f-]+)$/;

/** So many characters of an id stand for it. */
export const SHORT_LENGTH = 12;

/** @returns a whole id, or its first twelve characters; null: the name is no workspace's */
export function workspaceIn(name: string): string | null {
  return NAME.exec(name)?.[1] ?? null;
}

/** As the platform makes them: what a neighbour's name goes on with is no part of an id. */
const WHOLE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a name speaks of a workspace even where no row says so. */
export function isOwn(workspace: string): boolean {
  return WHOLE.test(workspace) || workspace.length === SHORT_LENGTH;
}

/** Whether a volume is one of those that the platform makes for this workspace, by either form of its id. */
export function isVolumeOf(workspace: string, volume: string): boolean {
  const of = /^ws-([0-9a-f-]+)-(configs|claude-sessions)$/.exec(volume)?.[1];
  if (of === undefined) return false;
  return of === workspace || isShortFor(of, workspace) || isShortFor(workspace, of);
}

function isShortFor(short: string, id: string): boolean {
  return short.length === SHORT_LENGTH && id.startsWith(short);
}
