import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHarness } from 'wrangler';
import { smallCatalogue } from '../support/small-catalogue.ts';

/** The Worker as it is bundled unless somebody asks for more, given a scorer that needs more. */
const harness = createTestHarness({
  workers: [
    {
      configPath: 'wrangler.toml',
      vars: {
        CATALOGUE: JSON.stringify(smallCatalogue),
        ACCESS: 'open',
        SCORER: JSON.stringify({ kind: 'learned', runtime: 'onnx' }),
      },
    },
  ],
});
beforeAll(() => harness.listen());
afterAll(() => harness.close());

test('a runtime that is not in the bundle leaves the decision to the shadow price, which says so', async () => {
  const route = await harness.fetch('http://127.0.0.1/v1/route', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  expect(await route.json()).toMatchObject({
    scorer: 'shadow-price',
    insteadOf: { scorer: 'learned', because: 'runtime-missing' },
  });
});
