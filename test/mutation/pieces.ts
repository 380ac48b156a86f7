import fc from 'fast-check';

/** A function at the top level of a file, from its first line to its last. */
export interface Piece {
  readonly file: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const BEGINS = /^(?:export )?(?:async )?function\*? (\w+)|^(?:export )?const (\w+) = .*=>/;
/** What stands at the left margin and closes nothing. */
const NEXT = /^[A-Za-z/]/;

/** As the formatter writes them: all that belongs to one is indented, or closes it. */
export function piecesOf(file: string, source: string): Piece[] {
  const lines = source.split('\n');
  return lines.flatMap((line, index) => {
    const begins = BEGINS.exec(line);
    if (begins === null) return [];
    const behind = lines.findIndex((next, at) => at > index && NEXT.test(next));
    let to = behind === -1 ? lines.length : behind;
    while (lines[to - 1] === '') to -= 1;
    return [{ file, name: begins[1] ?? begins[2] ?? '', from: index + 1, to }];
  });
}

/** So many that they have at least `lines` lines, each as likely as any other; the same for the same seed. */
export function pick(pieces: readonly Piece[], lines: number, seed: number): Piece[] {
  const inAnyOrder = fc.shuffledSubarray([...pieces], { minLength: pieces.length });
  const [drawn = []] = fc.sample(inAnyOrder, { seed, numRuns: 1 });
  const picked: Piece[] = [];
  let sum = 0;
  for (const piece of drawn) {
    if (sum >= lines) break;
    picked.push(piece);
    sum += piece.to - piece.from + 1;
  }
  return picked;
}
