import { writeFileSync } from 'node:fs';
import { envExample } from '../../server/env-example.ts';

/** `npm run env:example`; unit/env-example.test.ts fails until it was run. */
writeFileSync(new URL('../../.env.example', import.meta.url), envExample());
