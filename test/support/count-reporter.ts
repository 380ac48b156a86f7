import type { Reporter, TestCase, TestModule } from 'vitest/node';

export interface CountOptions {
  /** Tests that this run leaves out altogether, and how to run them. */
  readonly leftOut?: string;
}

/** Ends a run with one line of numbers, and names what it did not run: a skipped test must not pass for a green one. */
export default class CountReporter implements Reporter {
  readonly #options: CountOptions;

  constructor(options: CountOptions = {}) {
    this.#options = options;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
    const skipped = inState('skipped');
    for (const test of skipped) {
      const { note } = { note: undefined, ...test.result() };
      console.log(`skipped: ${test.fullName}${note === undefined ? '' : ` (${note})`}`);
    }
    for (const test of tests.filter((one) => one.diagnostic()?.flaky === true)) {
      const [error] = test.result().errors ?? [];
      console.log(`passed only at its second try, find out why: ${test.fullName} (${error?.message.split('\n')[0]})`);
    }
    if (this.#options.leftOut !== undefined) console.log(`skipped: ${this.#options.leftOut}`);
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const counts = [`${inState('passed').length} passed`, `${inState('failed').length + broken} failed`];
    console.log([...counts, ...(skipped.length === 0 ? [] : [`${skipped.length} skipped`])].join(', '));
  }
}
