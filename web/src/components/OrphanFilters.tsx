import { useNavigate } from '@tanstack/react-router';
import { SlidersHorizontal } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { type BackendKind, FAILURE_CLASSES, OPEN_STATES, ORPHAN_SORTS, WHYS } from '../../../server/sweep/outcome.ts';
import { useBackendKind } from '../hooks/useBackend.ts';
import { useTyped } from '../hooks/useTyped.ts';
import {
  changedSearch,
  narrowingCount,
  type OrphanSearch,
  type SearchChange,
  searchText,
} from '../lib/orphan-search.ts';
import { CLASS_WORDS, SORT_WORDS, STATE_WORDS, whyWords } from '../lib/words.ts';
import { Choice, type ChoiceGroup } from './Choice.tsx';

function named<Word extends string>(words: Readonly<Record<Word, string>>, of: readonly Word[]) {
  return of.map((word) => [word, words[word]] as const);
}

const STATES: readonly ChoiceGroup[] = [
  { label: null, options: [['', 'All open'], ...named(STATE_WORDS, OPEN_STATES)] },
  { label: 'Not open any more', options: named(STATE_WORDS, ['cleared', 'resolved']) },
];
const CLASSES: readonly ChoiceGroup[] = [
  { label: null, options: [['', 'Any'], ...named(CLASS_WORDS, FAILURE_CLASSES)] },
];
const reasonsOf = (kind: BackendKind | null): readonly ChoiceGroup[] => [
  { label: null, options: [['', 'Any'], ...WHYS.map((why) => [why, whyWords(why, kind)] as const)] },
];
const SORTS: readonly ChoiceGroup[] = [{ label: null, options: named(SORT_WORDS, ORPHAN_SORTS) }];

/** Which orphans are listed, and in which order. All of it stands in the address. */
export function OrphanFilters({ search }: { readonly search: OrphanSearch }) {
  const navigate = useNavigate();
  const kind = useBackendKind();
  const [open, setOpen] = useState(false);
  const change = (chosen: SearchChange, replace = false): void =>
    void navigate({ to: '/orphans', search: (old) => changedSearch(old, chosen), replace, resetScroll: false });
  // Else going back would lead through every word on the way to the one that was meant.
  const typed = useTyped(search.q ?? '', searchText, (q) => change({ q }, true));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    typed.settle();
  };
  const narrowing = narrowingCount(search);
  return (
    <search aria-label="Orphans">
      <form onSubmit={submit} className="grid gap-2 lg:grid-cols-[minmax(12rem,1fr)_auto] lg:gap-3">
        <div className="flex items-end gap-2">
          <label className="min-w-0 flex-1 text-xs font-medium text-soft">
            Name or id
            <input
              type="search"
              data-search
              value={typed.text}
              onChange={(event) => typed.type(event.target.value)}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              enterKeyHint="search"
              className="field mt-1 font-normal text-ink sm:text-sm"
            />
          </label>
          <button
            type="button"
            className="button sm:hidden"
            aria-expanded={open}
            aria-controls="filters"
            onClick={() => setOpen(!open)}
          >
            <SlidersHorizontal aria-hidden="true" className="size-4" />
            Filters{narrowing > 0 && ` (${narrowing})`}
          </button>
        </div>
        <div
          id="filters"
          className={`${open ? 'grid' : 'hidden'} grid-cols-2 gap-2 sm:grid sm:grid-cols-4 lg:grid-cols-[repeat(4,10rem)] lg:gap-3`}
        >
          <Choice label="State" value={search.state ?? ''} groups={STATES} onChoose={(state) => change({ state })} />
          <Choice
            label="Last error"
            value={search.class ?? ''}
            groups={CLASSES}
            onChoose={(failure) => change({ class: failure })}
          />
          <Choice
            label="Why it is listed"
            value={search.why ?? ''}
            groups={reasonsOf(kind)}
            onChoose={(why) => change({ why })}
          />
          <Choice
            label="Sorted by"
            value={search.sort ?? 'urgent'}
            groups={SORTS}
            onChoose={(sort) => change({ sort })}
          />
        </div>
      </form>
    </search>
  );
}
