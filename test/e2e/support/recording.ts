import type { BrowserContext, ConsoleMessage } from 'playwright-core';

/** What a page must not do. All empty, or the test is red: see open-page.ts. */
export interface Findings {
  readonly consoleErrors: readonly string[];
  /** What its scripts threw and nobody caught, and its death. */
  readonly pageErrors: readonly string[];
  /** Of the Content-Security-Policy; the browser writes most of them to the console, too. */
  readonly violations: readonly string[];
  /** Requests to anywhere but the server it came from. */
  readonly foreignRequests: readonly string[];
}

export const NOTHING: Findings = { consoleErrors: [], pageErrors: [], violations: [], foreignRequests: [] };

/** Everything of that kind that a browser session did so far. */
export interface Recording {
  /** Waits for what is still on its way here. */
  findings(): Promise<Findings>;
  /** From now on the server may be away: the browser's own lines about a request to it that failed are no findings. */
  expectAway(): void;
  /** From now on the browser is sent there, too, to sign in: what it asks of these origins is no finding. */
  expectElsewhere(...origins: readonly string[]): void;
  /** From now on the server may answer with this status: the browser's own lines about that are no findings. */
  expectStatus(status: number): void;
}

declare global {
  interface Window {
    reportViolation(sentence: string): void;
  }
}

const AWAY = /^Failed to load resource: net::ERR_(CONNECTION_\w+|EMPTY_RESPONSE|INTERNET_DISCONNECTED)$/;
const STATUS = /^Failed to load resource: the server responded with a status of (\d{3}) \(.*\)$/;

/** Begins before the first page of the session is opened. */
export async function record(session: BrowserContext, origin: string): Promise<Recording> {
  const consoleErrors: ConsoleMessage[] = [];
  const pageErrors: string[] = [];
  const violations: string[] = [];
  const foreignRequests: string[] = [];
  const statuses = new Set<string | undefined>();
  const ours = new Set([origin]);
  let mayBeAway = false;

  session.on('console', (message) => {
    if (['error', 'assert'].includes(message.type())) consoleErrors.push(message);
  });
  session.on('weberror', (thrown) => pageErrors.push(String(thrown.error())));
  session.on('request', (request) => {
    if (!ours.has(new URL(request.url()).origin)) foreignRequests.push(`${request.method()} ${request.url()}`);
  });
  session.on('page', (page) => {
    page.on('crash', () => pageErrors.push('the page crashed'));
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(origin).host) foreignRequests.push(`WebSocket ${socket.url()}`);
    });
  });
  await session.exposeBinding('reportViolation', (_source, sentence: string) => void violations.push(sentence));
  await session.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const where = `${event.sourceFile || event.documentURI}:${event.lineNumber}`;
      window.reportViolation(`${event.effectiveDirective} blocked ${event.blockedURI} (${where})`);
    });
  });

  const expected = (message: ConsoleMessage): boolean => {
    // What a script of the page writes has arguments; only the browser's own lines have none.
    const own = message.args().length === 0 && message.location().url.startsWith(`${origin}/`);
    if (!own) return false;
    return (mayBeAway && AWAY.test(message.text())) || statuses.has(STATUS.exec(message.text())?.[1]);
  };

  return {
    async findings() {
      await Promise.all(session.pages().map((page) => page.evaluate(() => new Promise((done) => setTimeout(done)))));
      const errors = consoleErrors.filter((message) => !expected(message));
      return {
        consoleErrors: errors.map((message) => `${message.text()} (${message.location().url})`),
        pageErrors: [...pageErrors],
        violations: [...violations],
        foreignRequests: [...foreignRequests],
      };
    },
    expectAway() {
      mayBeAway = true;
    },
    expectElsewhere(...origins) {
      for (const one of origins) ours.add(one);
    },
    expectStatus: (status) => void statuses.add(String(status)),
  };
}
