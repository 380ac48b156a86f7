/** One instruction of a Dockerfile: its word, its flags (`--from=build`), and what stands behind them. */
export interface Instruction {
  readonly word: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  /** An image, or the name of a stage above. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** As much of Docker's syntax as our own Dockerfile uses. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const line of lines) {
    const [, word = '', flagged = '', rest = ''] = /^([A-Z]+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
    if (word === 'FROM') {
      const [, from = '', name = ''] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
      stages.push({ name, from, instructions: [] });
    } else {
      const flags = Object.fromEntries([...flagged.matchAll(/--([a-z-]+)=(\S+)/g)].map(([, k, v]) => [k, v]));
      stages.at(-1)?.instructions.push({ word, flags, text: rest });
    }
  }
  return stages;
}

/** The stages that a stage is built on, the first one first, and itself. */
export function ancestry(stages: readonly Stage[], name: string): Stage[] {
  const stage = stages.find((one) => one.name === name);
  return stage === undefined ? [] : [...ancestry(stages, stage.from), stage];
}

/** The words of an exec form, `["node", "x.js"]`, also behind another word (`CMD [...]` of a HEALTHCHECK). */
export function execForm(text: string): string[] {
  const words: unknown = JSON.parse(text.slice(text.indexOf('[')));
  if (!Array.isArray(words)) throw new Error(`not in exec form: ${text}`);
  return words.map(String);
}

/** `NAME=value`, as in an ENV. */
export function assignments(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
}
