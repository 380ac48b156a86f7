import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export const CLIENT = { id: 'orphan-sweeper', secret: 'a secret of the client' };

export interface OpenIdProvider {
  readonly issuer: string;
  /** From now on a person who signs in belongs to these. */
  groups(...names: string[]): void;
  close(): Promise<void>;
}

/**
 * A real OpenID provider on loopback, which lets in whoever types a name. The roles are not in the ID token, as with many
 * providers: they have to be asked for.
 *
 * @param redirectUri the only one to which it sends people back
 */
export async function startOpenIdProvider(redirectUri: string): Promise<OpenIdProvider> {
  let groups: string[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = portOf(server.address());
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], profile: ['preferred_username', 'roles'] },
    cookies: { keys: ['only for tests'] },
    findAccount: async (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: id, roles: groups }),
    }),
  });
  server.on('request', provider.callback());
  return {
    issuer,
    groups: (...names) => {
      groups = names;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port');
  return address;
}

/**
 * Goes the way of a browser at the provider: follows it, types the name, agrees.
 *
 * @param location where our server has sent the browser
 * @param until the prefix of the address at which it is back
 * @returns that address, with what the provider says
 */
export async function passThrough(location: string, name: string, until: string): Promise<URL> {
  const jar = new Map<string, string>();
  let next: { url: string; form?: URLSearchParams } = { url: location };
  for (let step = 0; step < 20; step++) {
    if (next.url.startsWith(until)) return new URL(next.url);
    const response = await fetch(next.url, {
      method: next.form === undefined ? 'GET' : 'POST',
      headers: { cookie: [...jar].map(([key, value]) => `${key}=${value}`).join('; ') },
      ...(next.form === undefined ? {} : { body: next.form }),
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(key, value);
    }
    const html = await response.text();
    const moved = response.headers.get('location');
    if (moved !== null) next = { url: new URL(moved, next.url).href };
    else next = { url: new URL(actionOf(html), next.url).href, form: filled(html, name) };
  }
  throw new Error(`the provider did not send anybody back: ${next.url}`);
}

function actionOf(html: string): string {
  const [, action] = /<form[^>]* action="([^"]+)"/.exec(html) ?? [];
  if (action === undefined) throw new Error(`a page without a form: ${html.slice(0, 500)}`);
  return action;
}

function filled(html: string, name: string): URLSearchParams {
  const [, prompt = ''] = /name="prompt" value="([^"]+)"/.exec(html) ?? [];
  return new URLSearchParams({ prompt, login: name, password: 'any' });
}
