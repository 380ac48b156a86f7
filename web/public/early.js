// What cannot wait for the program. The theme, before anything is painted: a dark page that flashes white at 03:00
// wakes more than the person on call.
try {
  const kept = JSON.parse(localStorage.getItem('orphan-sweeper.display') ?? 'null');
  document.documentElement.dataset.theme = kept?.theme ?? 'system';
} catch {
  document.documentElement.dataset.theme = 'system';
}

// And the first data, which a slow line can bring while it brings the program: its first requests find them there.
const wanted = location.pathname === '/' ? ['/api/status', '/api/orphans?limit=10'] : ['/api/status'];
for (const href of wanted) {
  const link = document.createElement('link');
  Object.assign(link, { rel: 'preload', as: 'fetch', crossOrigin: 'anonymous', href });
  document.head.append(link);
}
