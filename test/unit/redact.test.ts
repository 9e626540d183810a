import { describe, expect, test } from 'vitest';
import { createApiKey, formatKey } from '../../src/access/api-key.ts';
import type { Env } from '../../src/config.ts';
import { createRedactor } from '../../src/gateway/redact.ts';
import { catalogueSchema } from '../../src/routing/catalogue.ts';
import { smallCatalogue } from '../support/small-catalogue.ts';

const catalogue = catalogueSchema.parse({
  ...smallCatalogue,
  endpoints: [
    { id: 'big', backend: { kind: 'sagemaker', region: 'eu-west-1', endpointName: 'big' } },
    {
      id: 'fast',
      backend: { kind: 'openai', baseUrl: 'https://gpu.example.com/v1', apiKeySecret: 'VLLM_KEY' },
    },
  ],
});

/** Only variables are looked at. */
function redacted(variables: object, text: string): string {
  return createRedactor(variables as Env, catalogue)(text);
}

test('takes out the access key, and the signing key where a role is assumed', () => {
  expect(redacted({ AWS_SECRET_ACCESS_KEY: 'a-secret-of-aws' }, 'signed with a-secret-of-aws')).toBe(
    'signed with [AWS_SECRET_ACCESS_KEY]',
  );
  expect(
    redacted({ AWS_ROLE_ARN: 'arn', AWS_WEB_IDENTITY_KEY: '{"d":"private"}' }, 'key {"d":"private"}'),
  ).toBe('key [AWS_WEB_IDENTITY_KEY]');
});

test('takes out a session token that AWS quotes, whoever got it', () => {
  expect(redacted({}, 'host:aws\nX-Amz-Security-Token:FwoGZXIvYXdz/+w==\n\nhost')).toBe(
    'host:aws\nX-Amz-Security-Token:[session token]\n\nhost',
  );
});

test('takes out the keys of endpoints and of callers, and leaves all else', () => {
  const key = createApiKey();
  expect(redacted({ VLLM_KEY: 'sk-vllm-key' }, `Bearer sk-vllm-key, ${formatKey(key)}, the end`)).toBe(
    `Bearer [VLLM_KEY], sl_${key.id}_[secret], the end`,
  );
});

test('leaves a secret that is too short to be one, or every text would be full of holes', () => {
  expect(redacted({ VLLM_KEY: 'the' }, 'over the wire')).toBe('over the wire');
});

describe('a text that is too long to be quoted', () => {
  const secret = 'sk-vllm-key-of-some-length';
  const taken = (text: string) => redacted({ VLLM_KEY: secret }, text);
  const filled = (characters: number) => 'x'.repeat(characters);

  test.each([480, 490, 499, 500])('is cut after secrets were taken out of it: one begins at %i', (start) => {
    const quoted = taken(`${filled(start)}${secret} and more`);
    expect(quoted).toBe(`${filled(start)}[VLLM_KEY] and more`.slice(0, 500));
  });

  test('leaves nothing of the secret within which reading ends, however much became shorter before it', () => {
    const long = `sk-vllm-${filled(2_000)}`;
    const quoted = redacted({ VLLM_KEY: long }, `${long.repeat(4)}${filled(150)}${long}`);
    expect(quoted).not.toContain('sk-vllm');
    expect(redacted({ VLLM_KEY: long }, filled(9_000))).toBe(filled(500));
  });
});

test('takes out the longer of two secrets that begin alike', () => {
  const both = { AWS_ACCESS_KEY_ID: 'AKIA0000', AWS_SECRET_ACCESS_KEY: 'AKIA0000secret' };
  expect(redacted(both, 'AKIA0000secret of AKIA0000')).toBe('[AWS_SECRET_ACCESS_KEY] of [AWS_ACCESS_KEY_ID]');
});
