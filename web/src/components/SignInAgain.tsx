import { useLocation } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { getLine, onLineChange } from '../lib/line.ts';
import { signInAddress } from '../lib/sign-in.ts';

interface SignInAgainProps {
  readonly label: string;
  readonly look: string;
}

/** Leads to where one signs in, and from there back to this page; behind a proxy that asks by itself, loads it again. */
export function SignInAgain({ label, look }: SignInAgainProps) {
  const { signIn } = useSyncExternalStore(onLineChange, getLine);
  const { pathname, searchStr } = useLocation();
  const address = signInAddress(signIn, `${pathname}${searchStr}`);
  return address === null ? (
    <button type="button" className={look} onClick={() => window.location.reload()}>
      {label}
    </button>
  ) : (
    <a href={address} className={look}>
      {label}
    </a>
  );
}
