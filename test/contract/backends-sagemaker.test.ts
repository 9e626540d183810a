import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FleetDefinition, Selector } from '../../infra/local/definition.ts';
import type { Fault } from '../../infra/local/faults.ts';
import { type Fleet, startFleet } from '../../infra/local/fleet.ts';
import { maxAnswerBytes } from '../../src/backends/answer.ts';
import type { ChatChunk } from '../../src/backends/backend.ts';
import { type Backends, createBackends } from '../../src/backends/registry.ts';
import type { Variant } from '../../src/routing/catalogue.ts';
import { backendErrorOf, callTo, chunksOf, failureOf, textOf } from '../support/backend-calls.ts';
import { startUpstream } from '../support/upstream.ts';

const temporary = {
  accessKeyId: 'ASIATEMPORARY0000000',
  secretAccessKey: 'a-temporary-secret',
  sessionToken: 'a-session-token/with+signs=',
};

const bindings = {
  AWS_ACCESS_KEY_ID: temporary.accessKeyId,
  AWS_SECRET_ACCESS_KEY: temporary.secretAccessKey,
  AWS_SESSION_TOKEN: temporary.sessionToken,
};

const endpoint = (id: string, selectors: readonly Selector[]): FleetDefinition['endpoints'][number] => ({
  id,
  protocol: { kind: 'sagemaker', endpointName: id, region: 'us-east-1' },
  replicas: 1,
  models: selectors.map((selector, index) => ({
    name: `${id}-model-${index}`,
    coefficients: 'H100/llama-3.2-1b',
    contextTokens: 4_096,
    answers: { medianTokens: 20, sigma: 0.1 },
    selector,
  })),
});

const definition: FleetDefinition = {
  endpoints: [
    endpoint('plain', [{}]),
    endpoint('components', [{ inferenceComponent: 'small' }, { inferenceComponent: 'large' }]),
    endpoint('models', [{ targetModel: 'a.tar.gz' }, { targetModel: 'b.tar.gz' }]),
    endpoint('variants', [{ targetVariant: 'blue' }, { targetVariant: 'green' }]),
  ],
};

let fleet: Fleet;
let backend: Backends['sagemaker'];

beforeAll(async () => {
  fleet = await startFleet({ fleet: definition, credentials: temporary, speed: 50 });
  backend = createBackends(bindings).sagemaker;
});
beforeEach(() => {
  fleet.faults.clear();
  fleet.requests.clear();
});
afterAll(() => fleet.close());

function call(endpointName: string, parameters: Partial<Variant['parameters']> = {}) {
  const config = { kind: 'sagemaker', region: 'us-east-1', endpointName, url: fleet.url } as const;
  return callTo(config, { variant: { parameters } });
}

async function streamed(fault: Fault) {
  fleet.faults.add({ endpoint: 'plain', fault });
  const chunks: ChatChunk[] = [];
  const failure = await failureOf(
    (async () => {
      for await (const batch of await backend.stream(call('plain'))) chunks.push(...batch);
    })(),
  );
  return { tokens: textOf(chunks).trim().split(' ').filter(Boolean).length, failure };
}

test('an answer without end is not collected to its end', async () => {
  const { url } = await startUpstream((response) => response.end(Buffer.alloc(maxAnswerBytes + 1, ' ')));
  const config = { kind: 'sagemaker', region: 'us-east-1', endpointName: 'plain', url } as const;
  const { failure, message } = await backendErrorOf(backend.complete(callTo(config)));
  expect(failure).toEqual({ kind: 'malformed' });
  expect(message).toContain(`an answer of more than ${maxAnswerBytes} bytes`);
});

test.each([200, 204])('an answer of nothing is malformed: %i', async (status) => {
  const { url } = await startUpstream((response) => response.writeHead(status).end());
  const config = { kind: 'sagemaker', region: 'us-east-1', endpointName: 'plain', url } as const;
  expect(await failureOf(backend.complete(callTo(config)))).toEqual({ kind: 'malformed' });
});

describe('the address', () => {
  test.each([
    ['components', { inferenceComponent: 'large' }],
    ['models', { targetModel: 'b.tar.gz' }],
    ['variants', { targetVariant: 'green' }],
  ] as const)('of one of several %s', async (name, parameters) => {
    await backend.complete(call(name, parameters));
    for await (const _batch of await backend.stream(call(name, parameters)));
    const wanted = `${name}-model-1`;
    expect(fleet.requests.records.map(({ model }) => model)).toEqual([wanted, wanted]);
  });

  test.each([
    ['an endpoint', 'nowhere', {}],
    ['an inference component', 'components', { inferenceComponent: 'nothing' }],
    ['a production variant', 'variants', { targetVariant: 'nothing' }],
  ])('of %s that does not exist is misconfigured', async (_what, name, parameters) => {
    expect(await failureOf(backend.complete(call(name, parameters)))).toEqual({
      kind: 'misconfigured',
      status: 404,
    });
  });
});

test('a multi-model endpoint, which cannot stream, answers a stream in one batch', async () => {
  const parameters = { targetModel: 'a.tar.gz' };
  const { choices, usage } = await backend.complete(call('models', parameters));
  const chunks = await chunksOf(await backend.stream(call('models', parameters)));
  expect(chunks).toHaveLength(1);
  expect(chunks[0]).toMatchObject({ object: 'chat.completion.chunk', usage });
  expect(chunks[0]?.choices).toMatchObject([
    { index: 0, delta: choices[0]?.message, finish_reason: choices[0]?.finish_reason },
  ]);
});

test('the id of a request goes along, unless it is longer than SageMaker takes', async () => {
  for (const requestId of ['r'.repeat(64), 'r'.repeat(65)])
    await backend.complete({ ...call('plain'), requestId });
  const ids = fleet.requests.records.map(({ headers }) => headers['x-amzn-sagemaker-inference-id']);
  expect(ids).toEqual(['r'.repeat(64), undefined]);
});

describe('credentials', () => {
  test('temporary ones are sent with their session token', async () => {
    expect((await backend.complete(call('plain'))).choices).toHaveLength(1);
  });

  test('temporary ones without it are misconfigured', async () => {
    const { AWS_SESSION_TOKEN: _token, ...withoutToken } = bindings;
    const { sagemaker } = createBackends(withoutToken);
    expect(await failureOf(sagemaker.complete(call('plain')))).toEqual({
      kind: 'misconfigured',
      status: 403,
    });
    expect(await failureOf(sagemaker.stream(call('plain')))).toEqual({ kind: 'misconfigured', status: 403 });
  });
});

describe('errors of the service', () => {
  test.each([
    ['ThrottlingException', 400, { kind: 'throttled' }],
    ['ServiceUnavailable', 503, { kind: 'unavailable' }],
    ['InternalDependencyException', 530, { kind: 'unavailable' }],
    ['ModelNotReadyException', 429, { kind: 'unavailable' }],
    ['InternalFailure', 500, { kind: 'failed', status: 500 }],
    ['ValidationError', 400, { kind: 'rejected', status: 400, code: 'ValidationError' }],
  ])('%s', async (code, status, expected) => {
    fleet.faults.add({ endpoint: 'plain', fault: { kind: 'status', status, code } });
    expect(await failureOf(backend.complete(call('plain')))).toMatchObject(expected);
    expect(await failureOf(backend.stream(call('plain')))).toMatchObject(expected);
  });
});

describe('errors of the container, which the service wraps', () => {
  test.each([
    [400, { kind: 'rejected', status: 400 }],
    [401, { kind: 'misconfigured', status: 401 }],
    [404, { kind: 'misconfigured', status: 404 }],
    [500, { kind: 'failed', status: 500 }],
    [502, { kind: 'unavailable' }],
  ])('%i', async (status, expected) => {
    const code = 'AnErrorOfTheContainer';
    fleet.faults.add({ endpoint: 'plain', fault: { kind: 'status', status, code } });
    expect(await failureOf(backend.complete(call('plain')))).toMatchObject(expected);
    expect(await failureOf(backend.stream(call('plain')))).toMatchObject(expected);
  });
});

describe('a stream that breaks is truncated', () => {
  test.each([0, 5])('by an exception after %i tokens', async (afterTokens) => {
    for (const exception of ['ModelStreamError', 'InternalStreamFailure'] as const) {
      fleet.faults.clear();
      const broken = await streamed({ kind: 'exception-frame', exception, afterTokens });
      expect(broken).toEqual({ tokens: afterTokens, failure: { kind: 'truncated' } });
    }
  });

  test.each([0, 5])('by a damaged frame after %i tokens', async (afterTokens) => {
    for (const how of ['bad-crc', 'truncated'] as const) {
      fleet.faults.clear();
      const broken = await streamed({ kind: 'damaged-frame', how, afterTokens });
      expect(broken).toEqual({ tokens: afterTokens, failure: { kind: 'truncated' } });
    }
  });
});
