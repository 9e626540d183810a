import { expect, it, vi } from 'vitest';
import { installedPrograms } from '../../infra/deploy/programs.ts';
import { bundleLimitBytes, dryRun } from '../../infra/synth/bundle.ts';

// Bundling is computing, and machines differ.
vi.setConfig({ testTimeout: 120_000 });

it.each(['local', 'staging', 'production'])(
  'the Worker of %s builds and is small enough',
  async (environment) => {
    const { bytes, gzipBytes } = await dryRun(environment, installedPrograms());
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(bundleLimitBytes / 2);
    expect(gzipBytes).toBeLessThan(bytes);
  },
);

it('passes on wrangler’s words about what is wrong', async () => {
  await expect(dryRun('no-such-environment', installedPrograms())).rejects.toThrow(/no-such-environment/);
});
