import { asCompletion, maxAnswerBytes, parseAnswer } from './answer.ts';
import type { Backend, BackendCall, ChatChunk, ChatCompletion } from './backend.ts';
import { readText, StreamSource } from './byte-source.ts';
import { ChunkStream } from './chunk-stream.ts';
import { configOf } from './config-of.ts';
import { BackendError } from './failure.ts';
import { type Payload, payloadFor } from './payload.ts';
import { workersAiFailure } from './workers-ai-failure.ts';
import { completionOf, WorkersAiDialect } from './workers-ai-shape.ts';

/** What is used of the Worker's AI binding. */
export interface AiBinding {
  /**
   * Resolves to an object, or to a stream of server-sent events when the inputs ask for one. Rejects with an error
   * whose message begins with Workers AI's own code.
   */
  run(
    model: string,
    inputs: Record<string, unknown>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<unknown>;
}

/** Text generation models of Workers AI, of both generations: `{ response }` and OpenAI's shape. */
export class WorkersAiBackend implements Backend {
  readonly #binding: (name: string) => AiBinding | undefined;

  constructor(options: { readonly binding: (name: string) => AiBinding | undefined }) {
    this.#binding = options.binding;
  }

  async complete(call: BackendCall): Promise<ChatCompletion> {
    const inputs = inputsFor(call, false);
    const answer = await this.#run(call, inputs);
    // The binding parses only what is labelled exactly `application/json`, and hands out the rest as a stream.
    const parsed = isStream(answer)
      ? parseAnswer(await readText(new StreamSource(answer, call.signal), maxAnswerBytes))
      : answer;
    return asCompletion(completionOf(parsed, inputs), call.body.stop);
  }

  async stream(call: BackendCall): Promise<AsyncIterable<readonly ChatChunk[]>> {
    const inputs = inputsFor(call, true);
    const answer = await this.#run(call, inputs);
    if (!isStream(answer))
      throw new BackendError({ kind: 'malformed' }, 'Workers AI answered a stream request without a stream');
    return new ChunkStream(new StreamSource(answer, call.signal), {
      dialect: new WorkersAiDialect(inputs),
      stop: call.body.stop,
    });
  }

  async #run(call: BackendCall, { model, ...inputs }: Inputs): Promise<unknown> {
    const { binding } = configOf(call.endpoint, 'workers-ai');
    const ai = this.#binding(binding);
    if (!ai) throw new BackendError({ kind: 'misconfigured', status: 404 }, `there is no binding ${binding}`);
    call.signal.throwIfAborted();
    try {
      return await ai.run(model, inputs, { signal: call.signal });
    } catch (error) {
      call.signal.throwIfAborted();
      throw workersAiFailure(error);
    }
  }
}

type Inputs = Payload & { readonly model: string };

/** Workers AI knows only `max_tokens`, and without it ends an answer after 256 tokens. */
function inputsFor(call: BackendCall, stream: boolean): Inputs {
  const { max_completion_tokens, ...payload } = payloadFor(call, { stream });
  if (typeof max_completion_tokens === 'number') payload.max_tokens = max_completion_tokens;
  return { ...payload, model: call.variant.servedAs ?? call.variant.model };
}

function isStream(answer: unknown): answer is ReadableStream<Uint8Array> {
  return answer instanceof ReadableStream;
}
