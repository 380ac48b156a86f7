import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: ['./server/db/schema.ts', './server/db/access-schema.ts', './server/db/step-schema.ts'],
  out: './server/db/migrations',
  schemaFilter: ['sweeper'],
});
