import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output with one plain line of counts, for logs that are read by programs. */
export const tallyReporter: Reporter = {
  onTestRunEnd(modules) {
    const tests = modules.flatMap((one: TestModule) => [...one.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    process.stdout.write(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`);
  },
};
