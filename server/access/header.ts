import { BlockList, isIP } from 'node:net';
import { type Identity, nameFrom } from './identity.ts';
import { type RoleNames, roleOf } from './role.ts';

export interface HeaderOptions {
  /** Lower case. */
  readonly user: string;
  readonly groups: string | null;
  readonly trustedProxies: readonly string[];
  readonly roles: RoleNames;
}

/** What a request says of itself that matters here. */
export interface Sender {
  /** Of the connection itself, whatever headers say; undefined: it has none. */
  readonly address: string | undefined;
  /** By name in lower case, each as often as it came. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

export type HeaderAnswer =
  | { readonly kind: 'known'; readonly identity: Identity }
  /** Nobody is named. */
  | { readonly kind: 'nobody' }
  /** Named, but no group of theirs has a role. */
  | {
      readonly kind: 'no_role';
      readonly name: string;
      /** The header that was to say the groups, where it did not come. */
      readonly missing: string | null;
    }
  /** Must not be believed; the sentence says why. */
  | { readonly kind: 'forged'; readonly sentence: string };

/** Believes a proxy that says who somebody is, and nobody else. */
export function createHeaderReader(options: HeaderOptions): (sender: Sender) => HeaderAnswer {
  const { user, groups, roles } = options;
  const trusted = rangesOf(options.trustedProxies);
  const ours = groups === null ? [user] : [user, groups];

  return ({ address, headers }) => {
    const said = ours.filter((name) => (headers.get(name) ?? []).length > 0);
    if (said.length > 0 && !isTrusted(trusted, address)) {
      const from = address ?? 'an unknown address';
      return forged(`${said.join(' and ')} came from ${from}, which is not in TRUSTED_PROXY`);
    }
    // A proxy that adds its own beside that of a caller would let the caller be whom it likes.
    const twice = said.find((name) => (headers.get(name) ?? []).length > 1);
    if (twice !== undefined) return forged(`${twice} came more than once: the proxy must replace what a caller sends`);
    const name = nameFrom(headers.get(user)?.[0] ?? '');
    if (name === null) return { kind: 'nobody' };
    const role = roleOf([name, ...listed(groups === null ? undefined : headers.get(groups)?.[0])], roles);
    const missing = groups !== null && !headers.has(groups) ? groups : null;
    return role === null
      ? { kind: 'no_role', name, missing }
      : { kind: 'known', identity: { name, role, proof: 'header' } };
  };
}

const forged = (sentence: string): HeaderAnswer => ({ kind: 'forged', sentence: `${sentence}.` });

function listed(text = ''): string[] {
  return text.split(',').map((group) => group.trim());
}

function rangesOf(texts: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const family = familyOf(address);
    if (bits === undefined) ranges.addAddress(address, family);
    else ranges.addSubnet(address, Number(bits), family);
  }
  return ranges;
}

function isTrusted(ranges: BlockList, address: string | undefined): boolean {
  return address !== undefined && isIP(address) !== 0 && ranges.check(address, familyOf(address));
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
