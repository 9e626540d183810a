import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestHarness } from 'wrangler';
import { loadEnvironment } from '../../infra/desired-state/environment.ts';
import { generateSigningKey } from '../../infra/provisioning/signing-key.ts';
import { digestOf } from '../../src/model/artifact.ts';
import { packArtifact } from '../../src/model/packed-artifact.ts';
import { adminToken, keysRequired, showing } from '../support/access.ts';
import { artifactOf } from '../support/networks.ts';

const { catalogue, catalogueText, worker } = loadEnvironment('staging');
const issuer = `https://${worker.domain}`;

/** The Worker with staging's own settings and bindings, given what a deployment gives it; nobody answers as AI. */
const harness = createTestHarness({
  workers: [
    {
      configPath: 'wrangler.toml',
      env: 'staging',
      vars: {
        CATALOGUE: catalogueText,
        AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/invoker',
        AWS_WEB_IDENTITY_ISSUER: issuer,
      },
      secrets: {
        ADMIN_TOKEN_HASH: keysRequired.ADMIN_TOKEN_HASH ?? '',
        AWS_WEB_IDENTITY_KEY: JSON.stringify(generateSigningKey()),
      },
      bindingOverrides: { AI: 'nobody' },
    },
    {
      config: { name: 'nobody', main: 'test/support/nobody.mjs', compatibility_date: '2026-10-01' },
    },
  ],
});
const ask = (path: string, init?: Parameters<typeof harness.fetch>[1]) =>
  harness.fetch(`${issuer}${path}`, init);

const decision = (key: string) =>
  ask('/v1/route', {
    method: 'POST',
    headers: { ...showing(key), 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello' }] }),
  });

/** A policy that is published where the Worker looks for one. */
const published = await artifactOf(1);

beforeAll(async () => {
  await harness.listen();
  const { ARTIFACTS } = await harness
    .getWorker<{ ARTIFACTS: { put(key: string, text: string): Promise<unknown> } }>()
    .getEnv();
  await ARTIFACTS.put('policies/learned.json', packArtifact(published));
});
afterAll(() => harness.close());

describe('the Worker of staging, with all it is bound to', () => {
  test('is alive, and serves nobody before there is a key', async () => {
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/v1/models')).status).toBe(503);
  });

  test('publishes who it is', async () => {
    const document = (await (await ask('/.well-known/openid-configuration')).json()) as Record<
      string,
      unknown
    >;
    expect(document).toMatchObject({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` });
    const { keys } = (await (await ask('/.well-known/jwks.json')).json()) as { keys: unknown[] };
    expect(keys).toHaveLength(1);
  });

  test('knows its whole catalogue, by the names that are on AWS, and looks for a published policy', async () => {
    const made = await ask('/admin/v1/keys', {
      method: 'POST',
      headers: { ...showing(adminToken), 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'test' }),
    });
    const { key } = (await made.json()) as { key: string };
    const models = (await (await ask('/v1/models', { headers: showing(key) })).json()) as {
      data: { id: string }[];
    };
    expect(models.data.map(({ id }) => id)).toEqual(
      expect.arrayContaining(catalogue.variants.map(({ id }) => id)),
    );
    const route = await decision(key);
    const { ranking } = (await route.json()) as { ranking: { variant: string }[] };
    expect(ranking).toHaveLength(catalogue.variants.length);
    // The first decision has set off the look into the bucket, and does not wait for it.
    await expect
      .poll(async () => await (await decision(key)).json())
      .toMatchObject({
        scorer: 'learned',
        artifact: { name: (await digestOf(published.onnx)).slice(0, 12) },
      });
  });
});
