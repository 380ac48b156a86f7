import { Outlet } from '@tanstack/react-router';
import { Announcer } from './components/Announcer.tsx';
import { Header } from './components/Header.tsx';
import { StatusProvider } from './components/StatusProvider.tsx';
import { SweepNowProvider } from './components/SweepNowProvider.tsx';

/** What every page has around it. */
export function App() {
  return (
    <StatusProvider>
      <SweepNowProvider>
        <Announcer />
        <Header />
        <main className="mx-auto max-w-7xl p-4">
          <Outlet />
        </main>
      </SweepNowProvider>
    </StatusProvider>
  );
}
