import type { ReactNode } from 'react';
import { AsOf } from './AsOf.tsx';

interface PageHeadProps {
  readonly title: string;
  readonly outdated: boolean;
  readonly asOf: string | null;
  readonly children?: ReactNode;
}

export function PageHead({ title, outdated, asOf, children }: PageHeadProps) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
      <h1 className="min-w-0 text-2xl font-semibold break-words">{title}</h1>
      {outdated && <AsOf time={asOf} />}
      {children}
    </div>
  );
}
