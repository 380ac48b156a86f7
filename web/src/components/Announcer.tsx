import { useEffect } from 'react';
import { useStatus } from '../hooks/useStatus.ts';
import { useVerdict } from '../hooks/useVerdict.ts';

/** The verdict where the page itself is not looked at: its title, its icon, and one polite line for those who listen. */
export function Announcer() {
  const { spoken, tone } = useVerdict();
  const environment = useStatus().status?.environment ?? null;
  useEffect(() => {
    document.title = [spoken, environment, 'Orphan Sweeper'].filter((part) => part !== null).join(' · ');
  }, [spoken, environment]);
  useEffect(() => {
    document.querySelector('link[rel="icon"]')?.setAttribute('href', `/favicon-${tone}.svg`);
  }, [tone]);
  return (
    <p role="status" className="sr-only">
      {spoken}
    </p>
  );
}
