import { CopyButton } from './CopyButton.tsx';

/** The whole address of one thing, without the filter or page under which it is looked at just now. */
export function CopyLink({ path, look = 'button' }: { readonly path: string; readonly look?: 'button' | 'quiet' }) {
  return <CopyButton look={look} label="Copy link" text={() => `${location.origin}${path}`} />;
}
