/**
 * Where to sign in, and come back from to here.
 *
 * @param signIn as the server says; null: it does not, so loading the page again is all that can be done
 * @param here path and query of this page
 */
export function signInAddress(signIn: string | null, here: string): string | null {
  // Something in front of the server may have answered: whatever it says, nobody is led elsewhere.
  if (signIn === null || !/^\/(?![/\\])/.test(signIn)) return null;
  return `${signIn}?return=${encodeURIComponent(here)}`;
}
