import { expect, test } from 'vitest';
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
