import type { Clock } from '../platform/clock.ts';
import { asCompletion, maxAnswerBytes, parseAnswer } from './answer.ts';
import type { Backend, BackendCall, ChatChunk, ChatCompletion } from './backend.ts';
import { readBeginning, readText, StreamSource } from './byte-source.ts';
import { ChunkStream } from './chunk-stream.ts';
import { configOf } from './config-of.ts';
import { BackendError } from './failure.ts';
import { payloadFor } from './payload.ts';
import { failureFor, retryAfterMs, upstreamErrorFrom } from './upstream-error.ts';

/** How much of an error body is read. What is wrong is said first; the rest is a page of HTML, or the whole request. */
const maxErrorBytes = 65_536;

/** Value of a secret by its name; undefined when there is none. */
type SecretLookup = (name: string) => string | undefined;

/** Any server that speaks OpenAI's chat completions: vLLM, SGLang, Ollama, another cloud's endpoint. */
export class OpenAiBackend implements Backend {
  readonly #secret: SecretLookup;
  readonly #clock: Clock;

  constructor(options: { readonly secret: SecretLookup; readonly clock: Clock }) {
    this.#secret = options.secret;
    this.#clock = options.clock;
  }

  async complete(call: BackendCall): Promise<ChatCompletion> {
    const response = await this.#post(call, false);
    const answer = parseAnswer(await readWhole(response, call.signal, maxAnswerBytes));
    return asCompletion(answer, call.body.stop);
  }

  async stream(call: BackendCall): Promise<AsyncIterable<readonly ChatChunk[]>> {
    const source = bodyOf(await this.#post(call, true), call.signal);
    return new ChunkStream(source, { stop: call.body.stop });
  }

  /**
   * The endpoint's answer, once it has accepted the request. The request's id stays here: vLLM takes
   * `x-request-id` for its own and fails two that run at once with the same one, and clients choose it.
   */
  async #post(call: BackendCall, stream: boolean): Promise<Response> {
    const { baseUrl, apiKeySecret } = configOf(call.endpoint, 'openai');
    const key = apiKeySecret === undefined ? undefined : this.#secret(apiKeySecret);
    if (apiKeySecret !== undefined && !key)
      throw new BackendError({ kind: 'misconfigured', status: 401 }, `the secret ${apiKeySecret} is not set`);
    const response = await reach(call.signal, `${baseUrl.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: stream ? 'text/event-stream' : 'application/json',
        ...(key && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(payloadFor(call, { stream })),
      redirect: 'manual',
    });
    if (!response.ok) throw await this.#refusal(response, bodyOf(response, call.signal), key);
    return response;
  }

  async #refusal(response: Response, source: StreamSource, key: string | undefined): Promise<BackendError> {
    const { status, headers } = response;
    const error = upstreamErrorFrom(await readBeginning(source, maxErrorBytes));
    // Servers quote what they were sent, the key included.
    const message = key ? error.message.replaceAll(key, '[key]') : error.message;
    const failure = failureFor(status, error, retryAfterMs(headers, this.#clock()));
    const forClient = failure.kind === 'rejected' || failure.kind === 'context-exceeded';
    return new BackendError(failure, forClient ? message : `status ${status}: ${message}`);
  }
}

async function reach(signal: AbortSignal, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new BackendError({ kind: 'unavailable' }, `no connection to ${new URL(url).host}`, {
      cause: error,
    });
  }
}

/**
 * A body whose length is known and bounded is read in one go, which costs a third of reading it in parts. That of a
 * compressed one says nothing: a few kilobytes may hold gigabytes.
 */
async function readWhole(response: Response, signal: AbortSignal, maxBytes: number): Promise<string> {
  const { headers } = response;
  const declared = Number(headers.get('content-length') ?? Number.NaN);
  if (!(declared <= maxBytes) || headers.has('content-encoding'))
    return await readText(bodyOf(response, signal), maxBytes);
  try {
    return await response.text();
  } catch (error) {
    signal.throwIfAborted();
    throw new BackendError({ kind: 'truncated' }, 'the connection broke during the answer', { cause: error });
  }
}

function bodyOf(response: Response, signal: AbortSignal): StreamSource {
  if (response.body) return new StreamSource(response.body, signal);
  return new StreamSource(new Blob([]).stream(), signal);
}
