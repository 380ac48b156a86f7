/** A part of the console that comes when it is asked for, and is kept. */
export interface Late<Part> {
  /** Null: not yet. */
  readonly there: () => Part | null;
  /** Rejects when it does not come; asked again, it is tried again. */
  readonly bring: () => Promise<Part>;
}

export function late<Part>(load: () => Promise<Part>): Late<Part> {
  let part: Part | null = null;
  return {
    there: () => part,
    async bring() {
      part = await load();
      return part;
    },
  };
}
