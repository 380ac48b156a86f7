import type { Page } from 'playwright-core';

/** What was held comes through, and from now on everything else. */
export type LetGo = () => Promise<void>;

/** A slow line: requests to such addresses reach the server at once, and their answers wait here. */
export async function holdAnswers(page: Page, to: string): Promise<LetGo> {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  await page.route(to, async (route) => {
    const response = await route.fetch();
    await gate;
    await route.fulfill({ response });
  });
  return async () => {
    open();
    await page.unrouteAll({ behavior: 'wait' });
  };
}
