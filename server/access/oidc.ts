import * as client from 'openid-client';
import { nameFrom } from './identity.ts';
import { type RoleNames, roleOf } from './role.ts';
import type { SignedIn } from './sessions.ts';

export interface OidcOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | null;
  readonly scopes: string;
  readonly rolesClaim: string;
  /** Where the provider sends people back to; registered there. */
  readonly redirectUri: string;
  readonly roles: RoleNames;
}

/** What a browser keeps between going to the provider and coming back: only it can finish what it began. */
export interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export type Finished =
  | { readonly kind: 'signed_in'; readonly who: SignedIn }
  /** The provider says who it is, but none of their groups has a role. */
  | { readonly kind: 'no_role'; readonly name: string; readonly groups: readonly string[] };

/** The sign-in failed; the message is a sentence without anything secret in it. */
export class SignInFailed extends Error {
  readonly code: 'provider_away' | 'refused';
  constructor(code: SignInFailed['code'], message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export interface Oidc {
  /** @returns where to send the browser, and what it has to keep. @throws SignInFailed `provider_away` */
  begin(): Promise<{ readonly location: string; readonly begun: Begun }>;
  /**
   * Takes what the browser came back with: exchanges the code and verifies the ID token.
   *
   * @param query of the request, with its `?`
   * @throws SignInFailed
   */
  finish(query: string, begun: Begun): Promise<Finished>;
}

const TIMEOUT_SECONDS = 10;
/** What a person is called, the first that there is. */
const NAME_CLAIMS = ['preferred_username', 'email', 'name', 'sub'];

/** Signs people in with an OpenID provider: authorization code with PKCE, state and nonce. */
export function createOidc(options: OidcOptions): Oidc {
  let discovered: client.Configuration | null = null;

  /** Asked when it is needed first, and again while it fails: a provider that is away must not keep us from starting. */
  const provider = async (): Promise<client.Configuration> => {
    try {
      discovered ??= await discover(options);
      return discovered;
    } catch (error) {
      throw new SignInFailed('provider_away', `The OpenID provider (OIDC_ISSUER) ${reasonOf(error)}.`, error);
    }
  };

  return {
    async begin() {
      const configuration = await provider();
      const codeVerifier = client.randomPKCECodeVerifier();
      const begun = { state: client.randomState(), nonce: client.randomNonce(), codeVerifier };
      const location = client.buildAuthorizationUrl(configuration, {
        redirect_uri: options.redirectUri,
        scope: options.scopes,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        state: begun.state,
        nonce: begun.nonce,
      });
      return { location: location.href, begun };
    },

    async finish(query, { state, nonce, codeVerifier }) {
      const configuration = await provider();
      try {
        const tokens = await client.authorizationCodeGrant(configuration, new URL(query, options.redirectUri), {
          ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier },
          idTokenExpected: true,
        });
        const claims = await claimsOf(configuration, tokens, options.rolesClaim);
        return judge(claims, options);
      } catch (error) {
        throw refused(error);
      }
    },
  };
}

function discover({ issuer, clientId, clientSecret }: OidcOptions): Promise<client.Configuration> {
  const url = new URL(issuer);
  // Settings allow that on this machine only.
  const execute = url.protocol === 'http:' ? [client.allowInsecureRequests] : [];
  const metadata = clientSecret === null ? {} : { client_secret: clientSecret };
  const authentication = clientSecret === null ? client.None() : secretAuthentication(clientSecret);
  return client.discovery(url, clientId, metadata, authentication, { execute, timeout: TIMEOUT_SECONDS });
}

/** In the header, which every provider takes unless it says otherwise; else in the body. */
function secretAuthentication(secret: string): client.ClientAuth {
  const [inHeader, inBody] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? inHeader : inBody)(server, ...rest);
  };
}

type Claims = Readonly<Record<string, unknown>>;
type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

/** Of the ID token; where the roles are not in it, also what the provider tells of the person when asked. */
async function claimsOf(configuration: client.Configuration, tokens: Tokens, rolesClaim: string): Promise<Claims> {
  const claims = tokens.claims();
  if (claims === undefined) throw new TypeError('an ID token was expected, so there is one');
  const asks = configuration.serverMetadata().userinfo_endpoint !== undefined && claims[rolesClaim] === undefined;
  if (!asks) return claims;
  return { ...(await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)), ...claims };
}

function judge(claims: Claims, { rolesClaim, roles }: OidcOptions): Finished {
  const name = NAME_CLAIMS.map((claim) => textOf(claims[claim])).find((one) => one !== null) ?? 'somebody';
  const groups = listOf(claims[rolesClaim]);
  const role = roleOf(groups, roles);
  return role === null ? { kind: 'no_role', name, groups } : { kind: 'signed_in', who: { name, role } };
}

function textOf(claim: unknown): string | null {
  return typeof claim === 'string' ? nameFrom(claim) : null;
}

/** A list, or one alone; what is no text names no group. */
function listOf(claim: unknown): string[] {
  return [claim].flat().filter((one) => typeof one === 'string');
}

function refused(error: unknown): SignInFailed {
  if (error instanceof client.AuthorizationResponseError) {
    return new SignInFailed('refused', `The OpenID provider refused: ${error.error}.`, error);
  }
  if (error instanceof client.ResponseBodyError) {
    return new SignInFailed('refused', `The OpenID provider did not accept the code: ${error.error}.`, error);
  }
  if (isAway(error)) {
    return new SignInFailed('provider_away', `The OpenID provider (OIDC_ISSUER) ${reasonOf(error)}.`, error);
  }
  return new SignInFailed('refused', 'What the OpenID provider answered could not be verified.', error);
}

/** There was no answer: fetch ends so, which openid-client wraps. */
function isAway(error: unknown): boolean {
  if (error instanceof client.ClientError) return error.code === 'OAUTH_TIMEOUT' || isAway(error.cause);
  return error instanceof TypeError && error.cause !== undefined;
}

function reasonOf(error: unknown): string {
  return isAway(error) ? 'does not answer' : 'answers something that is no OpenID provider';
}
