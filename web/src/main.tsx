import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { headStart } from './lib/head-start.ts';
import { router } from './router.tsx';
import './app.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id root');

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // The poll asks again by itself, and says what failed meanwhile.
      retry: false,
      // A browser that believes to be offline may be wrong; the request tells.
      networkMode: 'always',
      // What has just come is not asked for again by the part of the page that shows it.
      staleTime: 1_000,
    },
  },
});

const page = (
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>
);
const shown = createRoot(root);
void headStart(client, location.pathname).then(() => shown.render(page));
