/** A name as it is shown: where nobody has proved to be called so, it says so. */
export function named(name: string, verified: boolean): string {
  return verified ? name : `${name} (unverified)`;
}
