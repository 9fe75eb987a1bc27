// Ends a test run with one plain line, `N passed, N failed, N skipped`, after a line for each skipped test with its reason.
// A run that counted no test fails, unless a project was asked for by name: an empty one is fine.
import type { Reporter, SerializedError, TestCase, TestModule, Vitest } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const [passed, failed] = [
      count('passed'),
      count('failed') + failuresOutsideTests(modules) + unhandledErrors.length,
    ];
    // What was interrupted before it ran is 'pending': not run, so skipped.
    const skipped = tests.filter((test) => ['skipped', 'pending'].includes(test.result().state));
    const lines = skipped.flatMap((test) => this.#skipLine(test));
    if (passed + failed === 0 && this.#vitest?.config.project.length === 0) {
      process.exitCode = 1;
      lines.push('no test ran: look at the file names and the filter');
    }
    lines.push(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
    process.stdout.write(`${lines.join('\n')}\n`);
  }

  #skipLine(test: TestCase): readonly string[] {
    const result = test.result();
    const note = result.state === 'skipped' ? result.note : undefined;
    // `-t PATTERN` skips all others: that reason is known, and hundreds of lines would hide the rest.
    if (note === undefined && this.#vitest?.config.testNamePattern !== undefined) return [];
    const reason = note ?? (result.state === 'pending' ? 'the run ended before it' : `marked ${test.options.mode}`);
    return [`skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${reason}`];
  }
}

/** A file that does not load, or a hook of a suite that throws, has no failed test: each counts as one. */
const failuresOutsideTests = (modules: readonly TestModule[]): number =>
  modules.flatMap((module) => [module, ...module.children.allSuites()]).filter((each) => each.errors().length > 0)
    .length;
