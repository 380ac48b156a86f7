import { PageLinks } from './PageLinks.tsx';

/** The address names a page that this list never gave out: it was cut short, or belongs to another list. */
export function NoSuchPage() {
  return (
    <div role="alert" className="space-y-3 rounded-lg bg-bad-wash p-3 text-sm">
      <p>
        <strong>There is no such page of this list.</strong> The address was cut short, or is of another list.
      </p>
      <PageLinks later next={null} />
    </div>
  );
}
