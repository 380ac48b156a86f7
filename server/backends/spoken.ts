const SPEAKING = ['error', 'message', 'detail'];

/**
 * The sentence in an answer that is JSON around nothing but one: `{"error":"malformed id"}` says `malformed id`. An
 * answer with more in it stays as it is: what else it says may be what somebody needs.
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
  const [entry, ...more] = Object.entries(answer);
  if (entry === undefined || more.length > 0) return text;
  const [name, sentence] = entry;
  return SPEAKING.includes(name) && typeof sentence === 'string' && sentence.trim() !== '' ? sentence : text;
}
