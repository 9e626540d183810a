import { describe, expect, test } from 'vitest';
import { createBackends } from '../../src/backends/registry.ts';
import { requiredBindings } from '../../src/backends/required-bindings.ts';
import type { BackendConfig } from '../../src/routing/catalogue.ts';
import { backendErrorOf, callTo } from '../support/backend-calls.ts';

const sagemaker = { kind: 'sagemaker', region: 'us-east-1', endpointName: 'e' } as const;
const openai = { kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1' } as const;

describe('what an endpoint needs', () => {
  test.each<[BackendConfig, readonly string[]]>([
    [sagemaker, ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']],
    [{ kind: 'workers-ai', binding: 'MY_AI' }, ['MY_AI']],
    [{ ...openai, apiKeySecret: 'MY_KEY' }, ['MY_KEY']],
    [openai, []],
  ])('%j: %j', (backend, names) => {
    expect(requiredBindings(backend)).toEqual(names);
  });
});

test.each(requiredBindings(sagemaker))('without %s nothing is sent to SageMaker', async (missing) => {
  const bindings = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', [missing]: undefined };
  const error = await backendErrorOf(createBackends(bindings).sagemaker.complete(callTo(sagemaker)));
  expect(error.failure).toEqual({ kind: 'misconfigured', status: 401 });
});

test('a backend asked to serve the endpoint of another is a defect, not a failure of the endpoint', async () => {
  const call = createBackends({}).openai.complete(callTo(sagemaker));
  await expect(call).rejects.toThrow('endpoint endpoint has a sagemaker backend, not openai');
});
