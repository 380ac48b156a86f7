import type { Clock } from './clock.ts';
import type { Inventory, Missing } from './inventory.ts';
import type { CurrentRow, Platform } from './platform.ts';
import { PlatformFault } from './platform-fault.ts';

export interface ObserveDeps {
  readonly clock: Clock;
  readonly platform: Platform;
  readonly inventory: Inventory;
}

/** How many rows one statement reads again. */
const READ_BATCH = 5_000;

/**
 * One look: reads all orphans of the platform and brings the inventory up to date. Looks race with
 * sweeps and with each other; `Inventory.apply` says what one may touch.
 *
 * @throws PlatformFault when the platform could not be asked: then nothing is concluded, and the reason is remembered
 */
export async function observe({ clock, platform, inventory }: ObserveDeps): Promise<void> {
  const startedAt = await inventory.begin();
  const startedMs = clock.monotonicMs();
  try {
    const looked = await platform.look();
    const differences = await inventory.compare(looked);
    // "Not listed" proves nothing: what is missing is read by its id before anything is concluded.
    const current = await readAgain(platform, differences.missing);
    // Wiped, restored from nothing, or not the one that it was: then "gone" says nothing of any single row.
    const mayBeEmpty = looked.rows.every((row) => row.why === 'no_row');
    const anyone = looked.rows.length > 0 || differences.missing.length > 0;
    const tableEmpty = mayBeEmpty && anyone && (await platform.isEmpty());
    const durationMs = clock.monotonicMs() - startedMs;
    await inventory.apply({ startedAt, durationMs, looked, differences, current, tableEmpty });
  } catch (error) {
    if (error instanceof PlatformFault) await inventory.failed(startedAt, error);
    throw error;
  }
}

async function readAgain(platform: Platform, missing: readonly Missing[]): Promise<Map<string, CurrentRow>> {
  const ids = [...new Set(missing.map((one) => one.workspaceId))];
  const current = new Map<string, CurrentRow>();
  for (let i = 0; i < ids.length; i += READ_BATCH) {
    for (const [id, row] of await platform.read(ids.slice(i, i + READ_BATCH))) current.set(id, row);
  }
  return current;
}
