import type { Snippet } from './first-run.ts';

/** Both ways out of the inventory, as `GET /api/orphans` takes them: only their totals matter. */
export const EVER_RESOLVED = ['state=cleared&limit=1', 'state=resolved&limit=1'] as const;

export const TRY_IT: Snippet = {
  about: 'The whole of it on an invented platform, beside this one. It touches nothing real and leaves nothing behind:',
  copy: 'Copy the command',
  text: 'npm run demo',
};
