import type { ComponentType, JSX } from 'react';
import { type KnownLate, useLate } from '../hooks/useLate.ts';
import { late } from '../lib/late.ts';
import { Loading } from './Loading.tsx';

export interface LatePage {
  (): JSX.Element;
  /** Brings it before it is asked for. What fails is tried again when it is. */
  readonly fetchEarly: () => Promise<void>;
}

/**
 * A page that comes when it is asked for. One that does not come must cost nothing else: the header stays, it is said,
 * it comes by itself once the server is back, and nothing is reloaded unless a person says so.
 */
export function latePage(load: () => Promise<ComponentType>): LatePage {
  const page = late(load);
  function Late() {
    const { part: Page, missing, isBack, again } = useLate(page);
    if (Page !== null) return <Page />;
    return missing ? <Missing isBack={isBack} again={again} /> : <Loading rows={8} />;
  }
  const fetchEarly = async (): Promise<void> => {
    try {
      await page.bring();
    } catch {
      // Nobody has asked for it yet. Whoever does is told.
    }
  };
  return Object.assign(Late, { fetchEarly });
}

function Missing({ isBack, again }: Pick<KnownLate<ComponentType>, 'isBack' | 'again'>) {
  return (
    <div role="alert" className="space-y-3 rounded-lg bg-bad-wash p-4">
      <h1 className="text-xl font-semibold">This page could not be loaded</h1>
      <p>
        {isBack
          ? 'The server answers, but did not send this page. If it has been upgraded meanwhile, the console must be reloaded.'
          : 'The server does not answer. The page comes by itself once it does.'}
      </p>
      <p className="flex flex-wrap gap-2">
        <button type="button" className="button" onClick={() => void again()}>
          Try again
        </button>
        {/* While nobody answers, that would leave nothing but the browser's own words. */}
        {isBack && (
          <button type="button" className="button button-primary" onClick={() => window.location.reload()}>
            Reload
          </button>
        )}
      </p>
    </div>
  );
}
