import type { ComponentType } from 'react';
import { useLate } from '../hooks/useLate.ts';
import { late } from '../lib/late.ts';
import { Loading } from './Loading.tsx';
import { MissingPart } from './MissingPart.tsx';

/** The same as `latePage` for a part of a page: it takes less room while it is waited for, or said to be missing. */
export function latePart(what: string, load: () => Promise<ComponentType>): ComponentType {
  const one = late(load);
  return function LatePart() {
    const { part: Part, missing, isBack, again } = useLate(one);
    if (Part !== null) return <Part />;
    if (missing) return <MissingPart what={what} isBack={isBack} again={again} />;
    return (
      <div className="card p-4">
        <Loading rows={3} />
      </div>
    );
  };
}
