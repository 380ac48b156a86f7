// Before anything is painted: a dark page that flashes white at 03:00 wakes more than the person on call.
try {
  const kept = JSON.parse(localStorage.getItem('orphan-sweeper.display') ?? 'null');
  document.documentElement.dataset.theme = kept?.theme ?? 'system';
} catch {
  document.documentElement.dataset.theme = 'system';
}
