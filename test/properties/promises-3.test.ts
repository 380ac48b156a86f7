import { provePromises } from '../support/promises/campaign.ts';

provePromises(3);
