import {
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  InvokeEndpointWithResponseStreamCommand,
  type ResponseStream,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { concatenate } from '../platform/bytes.ts';
import type { Clock } from '../platform/clock.ts';
import type { BackendConfig, Variant } from '../routing/catalogue.ts';
import { asCompletion, asStream, maxAnswerBytes, parseAnswer } from './answer.ts';
import type { AwsCredentials, CredentialSource } from './aws-credentials.ts';
import type { Backend, BackendCall, ChatChunk, ChatCompletion } from './backend.ts';
import { answerTooLarge, type ByteSource } from './byte-source.ts';
import { ChunkStream } from './chunk-stream.ts';
import { configOf } from './config-of.ts';
import { BackendError } from './failure.ts';
import { partsPerRead } from './frames.ts';
import { payloadFor } from './payload.ts';
import { failureInStream, invocationFailure } from './sagemaker-failure.ts';

type SageMakerConfig = Extract<BackendConfig, { kind: 'sagemaker' }>;

/** SageMaker real-time endpoints whose container speaks OpenAI's chat completions, as the vLLM-based LMI ones do. */
export class SageMakerBackend implements Backend {
  readonly #credentials: CredentialSource;
  readonly #clock: Clock;
  /** By region and address: a client's first call costs 20 ms more than its later ones. */
  readonly #clients = new Map<
    string,
    { readonly client: SageMakerRuntimeClient; readonly accessKeyId: string }
  >();

  /** @param options.credentials is asked for every call; a client lives as long as what it was given */
  constructor(options: { readonly credentials: CredentialSource; readonly clock: Clock }) {
    this.#credentials = options.credentials;
    this.#clock = options.clock;
  }

  async complete(call: BackendCall): Promise<ChatCompletion> {
    const config = configOf(call.endpoint, 'sagemaker');
    const command = new InvokeEndpointCommand(invocation(call, config, 'application/json'));
    try {
      const { Body } = await (await this.#client(config)).send(command, { abortSignal: call.signal });
      // The SDK makes null of an empty one.
      const answer = parseAnswer(new TextDecoder().decode(Body ?? new Uint8Array()));
      return asCompletion(answer, call.body.stop);
    } catch (error) {
      call.signal.throwIfAborted();
      throw invocationFailure(error, this.#clock());
    }
  }

  async stream(call: BackendCall): Promise<AsyncIterable<readonly ChatChunk[]>> {
    // SageMaker streams nothing from a multi-model endpoint: `InvokeEndpointWithResponseStream` has no target model.
    if (call.variant.parameters.targetModel !== undefined) return asStream(await this.complete(call));
    const config = configOf(call.endpoint, 'sagemaker');
    const command = new InvokeEndpointWithResponseStreamCommand(
      invocation(call, config, 'text/event-stream'),
    );
    const upstream = new AbortController();
    const abortSignal = AbortSignal.any([call.signal, upstream.signal]);
    try {
      const { Body } = await (await this.#client(config)).send(command, { abortSignal });
      const source = new PayloadSource(Body ?? noFrames(), call.signal, upstream);
      return new ChunkStream(source, { stop: call.body.stop });
    } catch (error) {
      call.signal.throwIfAborted();
      throw invocationFailure(error, this.#clock());
    }
  }

  async #client(config: SageMakerConfig): Promise<SageMakerRuntimeClient> {
    const credentials = await this.#credentials(config.region);
    if (!credentials)
      throw new BackendError({ kind: 'misconfigured', status: 401 }, 'AWS credentials are not set');
    const key = `${config.region} ${config.url ?? ''}`;
    const known = this.#clients.get(key);
    if (known?.accessKeyId === credentials.accessKeyId) return known.client;
    const client = this.#connect(config, credentials);
    this.#clients.set(key, { client, accessKeyId: credentials.accessKeyId });
    return client;
  }

  #connect({ region, url }: SageMakerConfig, credentials: AwsCredentials): SageMakerRuntimeClient {
    return new SageMakerRuntimeClient({
      region,
      ...(url !== undefined && { endpoint: url }),
      credentials,
      // The gateway moves on to another variant instead, and its ledger must count every attempt.
      maxAttempts: 1,
      // A redirect would take the prompt to an address that nobody has configured.
      requestHandler: new FetchHttpHandler({ requestInit: () => ({ redirect: 'manual' }) }),
      eventStreamSerdeProvider: partsPerRead,
      streamCollector: collectAnswer,
    });
  }
}

/** A whole answer for the SDK, which by itself would collect one of any size. It wraps a missing body as a blob. */
async function collectAnswer(body: ReadableStream<Uint8Array> | Blob): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body instanceof Blob ? body.stream() : body) {
    size += part.byteLength;
    if (size > maxAnswerBytes) throw answerTooLarge(maxAnswerBytes);
    parts.push(part);
  }
  return concatenate(parts);
}

function invocation(
  call: BackendCall,
  { endpointName }: SageMakerConfig,
  accept: 'application/json' | 'text/event-stream',
): InvokeEndpointCommandInput {
  return {
    EndpointName: endpointName,
    ContentType: 'application/json',
    Accept: accept,
    // Longer ones are refused.
    ...(call.requestId.length <= 64 && { InferenceId: call.requestId }),
    ...addressee(call.variant),
    Body: JSON.stringify(payloadFor(call, { stream: accept === 'text/event-stream' })),
  };
}

/** Which of the models behind the endpoint is meant. */
function addressee({ parameters }: Variant): Partial<InvokeEndpointCommandInput> {
  return {
    ...(parameters.inferenceComponent !== undefined && {
      InferenceComponentName: parameters.inferenceComponent,
    }),
    ...(parameters.targetModel !== undefined && { TargetModel: parameters.targetModel }),
    ...(parameters.targetVariant !== undefined && { TargetVariant: parameters.targetVariant }),
  };
}

async function* noFrames(): AsyncGenerator<ResponseStream> {}

/** The payload parts of a response stream, as the bytes that the container wrote. */
class PayloadSource implements ByteSource {
  readonly #frames: AsyncIterator<ResponseStream>;
  readonly #signal: AbortSignal;
  readonly #upstream: AbortController;

  constructor(frames: AsyncIterable<ResponseStream>, signal: AbortSignal, upstream: AbortController) {
    this.#frames = frames[Symbol.asyncIterator]();
    this.#signal = signal;
    this.#upstream = upstream;
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#frames.next();
      this.#signal.throwIfAborted();
      if (done) return undefined;
      return bytesOf(value);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw failureInStream(error);
    }
  }

  /** Ending the SDK's iteration does not end its request; only the signal does. */
  cancel(): void {
    this.#upstream.abort();
  }
}

function bytesOf(frame: ResponseStream): Uint8Array {
  if (frame.PayloadPart) return frame.PayloadPart.Bytes ?? new Uint8Array();
  // The SDK throws these two; they are in the union because they are in the model.
  const error = frame.ModelStreamError ?? frame.InternalStreamFailure;
  if (error) throw error;
  throw new BackendError({ kind: 'malformed' }, 'an unknown event in the response stream');
}
