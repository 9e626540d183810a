import {
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  InvokeEndpointWithResponseStreamCommand,
  ModelError,
  SageMakerRuntimeClient,
  type SageMakerRuntimeClientConfig,
  SageMakerRuntimeServiceException,
} from '@aws-sdk/client-sagemaker-runtime';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localCredentials } from '../../infra/local/credentials.ts';
import type { Fleet } from '../../infra/local/fleet.ts';
import { asking, eventsIn, startSmallFleet } from '../support/small-fleet.ts';

function clientOf(fleet: Fleet, options: SageMakerRuntimeClientConfig = {}) {
  const client = new SageMakerRuntimeClient({
    region: 'eu-west-1',
    endpoint: fleet.url,
    credentials: localCredentials,
    maxAttempts: 1,
    ...options,
  });
  onTestFinished(() => client.destroy());
  return client;
}

function invocation(fields: Partial<InvokeEndpointCommandInput> = {}): InvokeEndpointCommand {
  return new InvokeEndpointCommand({
    EndpointName: 'aws',
    ContentType: 'application/json',
    Body: asking(5),
    ...fields,
  });
}

async function invoke(client: SageMakerRuntimeClient, fields: Partial<InvokeEndpointCommandInput> = {}) {
  const { Body, InvokedProductionVariant } = await client.send(invocation(fields));
  return { document: JSON.parse(new TextDecoder().decode(Body)), variant: InvokedProductionVariant };
}

async function errorOf(call: Promise<unknown>): Promise<SageMakerRuntimeServiceException> {
  const error = await call.then(
    () => 'the call succeeded',
    (reason: unknown) => reason,
  );
  if (error instanceof SageMakerRuntimeServiceException) return error;
  throw error;
}

/** The bytes of each frame of a stream. */
async function framesOf(client: SageMakerRuntimeClient, body: string): Promise<Uint8Array[]> {
  const { Body } = await client.send(
    new InvokeEndpointWithResponseStreamCommand({ EndpointName: 'aws', Body: body }),
  );
  const frames: Uint8Array[] = [];
  for await (const event of Body ?? []) frames.push(event.PayloadPart?.Bytes ?? new Uint8Array());
  return frames;
}

describe('invocations', () => {
  test('an answer as the vLLM container gives it', async () => {
    const fleet = await startSmallFleet();
    expect(await invoke(clientOf(fleet))).toMatchObject({
      document: {
        object: 'chat.completion',
        model: 'tiny',
        choices: [{ message: { role: 'assistant', refusal: null, tool_calls: [] }, stop_reason: null }],
        usage: { prompt_tokens: 7, completion_tokens: 5 },
        kv_transfer_params: null,
      },
      variant: 'AllTraffic',
    });
  });

  test('a stream comes in frames that do not keep to the events, nor to the characters', async () => {
    const frames = await framesOf(clientOf(await startSmallFleet()), asking(60, { stream: true }));
    const whole = Buffer.concat(frames).toString('utf8');
    const events = eventsIn(whole);
    expect(events.at(-1)).toBe('[DONE]');
    expect(events.slice(0, -1).map((event) => JSON.parse(event).object)).toEqual(
      Array(events.length - 1).fill('chat.completion.chunk'),
    );
    const halves = frames.filter((frame) => !Buffer.from(frame).toString('utf8').endsWith('\n\n'));
    expect(halves.length).toBeGreaterThan(10);
    const strict = new TextDecoder('utf-8', { fatal: true });
    expect(halves.some((frame) => fails(() => strict.decode(frame)))).toBe(true);
  });

  test('the container decides by the body whether it streams: without `stream` one document comes in frames', async () => {
    const frames = await framesOf(clientOf(await startSmallFleet()), asking(3));
    expect(JSON.parse(Buffer.concat(frames).toString('utf8'))).toMatchObject({ object: 'chat.completion' });
  });

  test.each([
    ['inference component', { EndpointName: 'shared', InferenceComponentName: 'b' }, 'component-b'],
    ['target model', { EndpointName: 'artifacts', TargetModel: 'a.tar.gz' }, 'artifact'],
    ['target variant', { EndpointName: 'variants', TargetVariant: 'Blue' }, 'blue'],
    ['no target variant', { EndpointName: 'variants' }, 'any'],
  ])('addressed by %s', async (_name, fields, model) => {
    const { document } = await invoke(clientOf(await startSmallFleet()), fields);
    expect(document.model).toBe(model);
  });

  test.each([
    ['unknown endpoint', { EndpointName: 'nope' }, 'Endpoint nope of account 111122223333 not found.'],
    ['component missing', { EndpointName: 'shared' }, /^Inference Component Name header is required/],
    ['component unknown', { EndpointName: 'shared', InferenceComponentName: 'c' }, /^Inference Component c /],
    ['model unasked for', { TargetModel: 'x' }, /^Endpoint aws is not a multi-model endpoint/],
    ['variant unknown', { TargetVariant: 'Red' }, /^Variant Red not found/],
  ])('a validation error: %s', async (_name, fields, message) => {
    const error = await errorOf(invoke(clientOf(await startSmallFleet()), fields));
    expect(error).toMatchObject({ name: 'ValidationError', $metadata: { httpStatusCode: 400 } });
    expect(error.message).toMatch(message);
  });

  test('what the container refuses is a ModelError that holds its words', async () => {
    const error = await errorOf(
      invoke(clientOf(await startSmallFleet()), { Body: asking(5, { max_tokens: 9_999 }) }),
    );
    expect(error).toBeInstanceOf(ModelError);
    if (!(error instanceof ModelError)) return;
    expect(error).toMatchObject({ OriginalStatusCode: 400, $metadata: { httpStatusCode: 424 } });
    expect(JSON.parse(error.OriginalMessage ?? '')).toMatchObject({
      error: {
        type: 'BadRequestError',
        code: 400,
        message: expect.stringMatching(/^This model's maximum context length is 2048 tokens/),
      },
    });
  });
});

describe('signatures', () => {
  test.each([
    [
      'a wrong secret',
      { credentials: { ...localCredentials, secretAccessKey: 'wrong' } },
      'InvalidSignatureException',
      /^The request signature we calculated does not match/,
    ],
    [
      'an unknown key',
      { credentials: { ...localCredentials, accessKeyId: 'AKIA' } },
      'UnrecognizedClientException',
      /^The security token included in the request is invalid/,
    ],
    [
      'a token nobody gave out',
      { credentials: { ...localCredentials, sessionToken: 'x' } },
      'UnrecognizedClientException',
      /invalid/,
    ],
    [
      'another region',
      { region: 'us-east-1' },
      'InvalidSignatureException',
      /^Credential should be scoped to a valid region/,
    ],
    [
      'a slow clock',
      { systemClockOffset: -10 * 60_000 },
      'InvalidSignatureException',
      /^Signature expired: /,
    ],
    [
      'a fast clock',
      { systemClockOffset: 10 * 60_000 },
      'InvalidSignatureException',
      /^Signature not yet current: /,
    ],
  ])('%s is a 403', async (_name, options, name, message) => {
    const error = await errorOf(invoke(clientOf(await startSmallFleet(), options)));
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
    expect(error.message).toMatch(message);
  });

  test('temporary credentials need their session token', async () => {
    const credentials = { ...localCredentials, sessionToken: 'FwoGZXIvYXdzEXAMPLE==' };
    const fleet = await startSmallFleet({ credentials });
    expect((await invoke(clientOf(fleet, { credentials }))).document.model).toBe('tiny');
    expect(await errorOf(invoke(clientOf(fleet)))).toMatchObject({ name: 'UnrecognizedClientException' });
  });

  test('none at all, and one that is none', async () => {
    const { url } = await startSmallFleet();
    const post = (headers: Record<string, string>) =>
      fetch(`${url}/endpoints/aws/invocations`, { method: 'POST', headers, body: asking(1) });
    const missing = await post({});
    expect(missing.status).toBe(403);
    expect(missing.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(await missing.json()).toEqual({ message: 'Missing Authentication Token' });
    const garbled = await post({ authorization: 'AWS4-HMAC-SHA256 hello' });
    expect(garbled.headers.get('x-amzn-errortype')).toBe('IncompleteSignatureException');
  });

  test.each([
    ['body', (request: SignedRequest) => ({ ...request, body: asking(6) })],
    ['endpoint', (request: SignedRequest) => ({ ...request, path: request.path.replace('aws', 'shared') })],
    [
      'header',
      (request: SignedRequest) => ({
        ...request,
        headers: { ...request.headers, 'x-amz-date': shifted(request) },
      }),
    ],
  ])('a %s changed on the way is noticed', async (_name, change) => {
    const fleet = await startSmallFleet();
    const signed = await signedRequest(fleet);
    expect((await send(fleet, signed)).status).toBe(200);
    const response = await send(fleet, change(signed));
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toBe('InvalidSignatureException');
  });

  test('the log of requests keeps no credentials', async () => {
    const fleet = await startSmallFleet();
    await invoke(clientOf(fleet));
    const [record] = fleet.requests.records;
    expect(record).toMatchObject({ endpoint: 'aws', outcome: 'completed', tokens: 5 });
    expect(JSON.stringify(record)).not.toContain('Signature=');
  });
});

interface SignedRequest {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A request as the SDK signs it, caught before it is sent. */
async function signedRequest(fleet: Fleet): Promise<SignedRequest> {
  const client = clientOf(fleet);
  const caught = Promise.withResolvers<SignedRequest>();
  client.middlewareStack.add(
    () =>
      async ({ request }) => {
        // What the SDK passes down at this step is an HttpRequest, which its types leave open.
        const { path, headers, body } = request as unknown as SignedRequest;
        caught.resolve({ path, headers: { ...headers }, body: String(body) });
        throw new Error('caught');
      },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await client.send(invocation()).catch(() => {});
  return caught.promise;
}

function send(fleet: Fleet, { path, headers, body }: SignedRequest): Promise<Response> {
  const { host: _host, 'content-length': _length, ...rest } = headers;
  return fetch(fleet.url + path, { method: 'POST', headers: rest, body });
}

function shifted({ headers }: SignedRequest): string {
  const date = headers['x-amz-date'] ?? '';
  return date.replace(/\dZ$/, (end) => `${(Number(end[0]) + 1) % 10}Z`);
}

function fails(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch {
    return true;
  }
}
