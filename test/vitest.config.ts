import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './support/closing-line.ts';
import { smallCatalogue } from './support/small-catalogue.ts';

/** `workers` runs inside workerd, `e2e` talks to the whole gateway over HTTP, `node` is everything else. */
export default defineConfig({
  test: {
    reporters: [process.stdout.isTTY ? 'default' : 'dot', new ClosingLine()],
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/{unit,contract,sim,policy,infra}/**/*.test.ts'],
          testTimeout: 90_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: { CATALOGUE: JSON.stringify(smallCatalogue), ACCESS: 'open' },
              r2Buckets: ['ARTIFACTS'],
            },
          }),
        ],
        // The bundler's constant: here the Worker has both runtimes.
        define: { CARRIES_ONNXRUNTIME: 'true' },
        test: { name: 'workers', include: ['test/workers/**/*.test.ts'], testTimeout: 90_000 },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // Each file runs a gateway and a fleet in real time; side by side they would falsify each other's timings.
          fileParallelism: false,
        },
      },
    ],
  },
});
