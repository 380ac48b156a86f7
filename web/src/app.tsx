import { Outlet } from '@tanstack/react-router';
import { Announcer } from './components/Announcer.tsx';
import { DialogProvider } from './components/DialogProvider.tsx';
import { EarlyPages } from './components/EarlyPages.tsx';
import { Header } from './components/Header.tsx';
import { Keys } from './components/Keys.tsx';
import { PrintHead } from './components/PrintHead.tsx';
import { StatusProvider } from './components/StatusProvider.tsx';
import { SweepNowProvider } from './components/SweepNowProvider.tsx';
import { VerdictLine } from './components/VerdictLine.tsx';

/** What every page has around it. */
export function App() {
  return (
    <StatusProvider>
      <SweepNowProvider>
        <DialogProvider>
          <Announcer />
          <Keys />
          <EarlyPages />
          <Header />
          <PrintHead />
          {/* Takes the focus where what had it is gone. */}
          <main tabIndex={-1} className="mx-auto max-w-7xl p-4 outline-none">
            <VerdictLine />
            <Outlet />
          </main>
        </DialogProvider>
      </SweepNowProvider>
    </StatusProvider>
  );
}
