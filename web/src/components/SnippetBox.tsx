import type { Snippet } from '../lib/first-run.ts';
import { parted } from '../lib/gaps.ts';
import { CopyButton } from './CopyButton.tsx';

/** Lines to copy, all of them in sight: they wrap, and what is copied does not. */
export function SnippetBox({ snippet: { about, copy, text } }: { readonly snippet: Snippet }) {
  return (
    <div className="min-w-0 space-y-1.5">
      <p className="text-sm text-soft">{about}</p>
      <pre className="rounded-lg border border-line bg-raised px-3 py-2.5 font-mono text-[0.8125rem] leading-relaxed break-words whitespace-pre-wrap">
        <code>{parted(text).map((part, index) => (index % 2 === 0 ? part : <Gap key={part}>{part}</Gap>))}</code>
      </pre>
      <CopyButton look="quiet" label={copy} text={text} />
    </div>
  );
}

function Gap({ children }: { readonly children: string }) {
  return <mark className="rounded-sm bg-warn-wash font-semibold text-ink underline decoration-dotted">{children}</mark>;
}
