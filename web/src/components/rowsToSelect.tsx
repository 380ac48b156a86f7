import { pageOf, type SelectedOrphans } from '../hooks/useSelection.ts';
import { keyOf, selectable } from '../lib/selection.ts';
import type { RowSelection } from './RowSelection.ts';
import { SelectBox } from './SelectBox.tsx';

/** Undefined: on this page there is nothing that can be chosen. */
export function rowsToSelect(selected: SelectedOrphans): RowSelection | undefined {
  const { orphans, here } = pageOf(selected);
  if (orphans.length === 0) return undefined;
  return {
    head: (
      <SelectBox
        label={orphans.length === 1 ? 'Select the one on this page' : `Select all ${orphans.length} on this page`}
        checked={here === orphans.length}
        some={here > 0 && here < orphans.length}
        onChange={(checked) => selected.toggle(orphans, checked)}
      />
    ),
    boxOf: (orphan) =>
      selectable(orphan) ? (
        <SelectBox
          label={`Select ${orphan.workspaceName ?? orphan.workspaceId}`}
          checked={selected.chosen.has(keyOf(orphan))}
          onChange={(checked) => selected.toggle([orphan], checked)}
        />
      ) : null,
  };
}
