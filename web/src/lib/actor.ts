/** The name by which somebody acts where nobody has to sign in. Asked once in this browser, and remembered. */

const KEY = 'orphan-sweeper.actor';
/** As the server takes it. */
export const MOST_ACTOR_CHARACTERS = 80;

const listeners = new Set<() => void>();
let current = read();

export function getActor(): string | null {
  return current;
}

export function setActor(actor: string): void {
  current = actor;
  try {
    localStorage.setItem(KEY, actor);
  } catch {
    // A browser that keeps nothing: it holds until the page is left, which is all that can be done.
  }
  for (const listener of listeners) listener();
}

export function onActorChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function read(): string | null {
  try {
    const kept = localStorage.getItem(KEY)?.trim() ?? '';
    return kept === '' || kept.length > MOST_ACTOR_CHARACTERS ? null : kept;
  } catch {
    return null;
  }
}
