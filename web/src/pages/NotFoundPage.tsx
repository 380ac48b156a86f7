import { Link } from '@tanstack/react-router';

export function NotFoundPage() {
  return (
    <div className="space-y-2">
      <h1 className="text-2xl font-semibold">There is no such page</h1>
      <p>
        <Link to="/" className="link">
          To what is leaking now
        </Link>
      </p>
    </div>
  );
}
