/** What a browser shows whose sign-in failed: one sentence, and the way to try again. No script, no style. */
export function failedPage(sentence: string, signInPath: string): string {
  return [
    '<!doctype html>',
    '<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<title>Not signed in · Orphan Sweeper</title>',
    '<h1>Not signed in</h1>',
    `<p>${escaped(sentence)}</p>`,
    `<p><a href="${escaped(signInPath)}">Sign in again</a></p></html>`,
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
