const SPEAKING = ['error', 'message', 'detail'];

/**
 * What an answer that is JSON says, as a person would write it down: `{"error":"malformed id"}` says `malformed id`, and
 * `{"error":"malformed id","hint":"begins with i-"}` says `malformed id (hint: begins with i-)`. Nothing of it is left
 * out; what is nested, or says no sentence, stays as it is.
 */
export function spokenIn(text: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // Not JSON: it is a sentence, or a page, already.
    return text;
  }
  if (typeof answer !== 'object' || answer === null) return text;
  const entries: [string, unknown][] = Object.entries(answer);
  const values = new Map(entries);
  const said = SPEAKING.find((name) => isSentence(values.get(name)));
  if (said === undefined || entries.some(([, value]) => typeof value === 'object' && value !== null)) return text;
  const sentence = String(values.get(said));
  const rest = entries.filter(([name]) => name !== said).map(([name, value]) => `${name}: ${String(value)}`);
  return rest.length === 0 ? sentence : `${sentence} (${rest.join(', ')})`;
}

function isSentence(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
