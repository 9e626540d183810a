import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line that counts every test: `12 passed, 0 failed, 1 skipped`. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      // A file that cannot be loaded holds no test to count.
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') counts[state] += 1;
      }
    }
    const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
    // Written at exit, after the other reporters' summaries: it is the run's last line.
    process.once('exit', () => console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`));
  }
}
