import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { firstScreen } from './first-screen.ts';

export default defineConfig({
  root: import.meta.dirname,
  // More JavaScript than that would not be there within 2 s on a slow phone.
  plugins: [react(), tailwindcss(), firstScreen({ budgetBytes: 140_000, beside: ['early.js'] })],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // A small image as `data:` would break the Content-Security-Policy.
    assetsInlineLimit: 0,
    // What the first screen needs comes as one file: on a slow line each further one costs a round trip.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'first-screen', tags: ['$initial'] }] } } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
