import type { Page } from 'playwright-core';

/** What a page asked the API since the count was last begun. */
export interface AskedOfApi {
  readonly paths: readonly string[];
  beginAnew(): void;
}

export function countRequests(page: Page): AskedOfApi {
  const paths: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api')) paths.push(`${request.method()} ${pathname}`);
  });
  return {
    paths,
    beginAnew: () => void paths.splice(0),
  };
}
