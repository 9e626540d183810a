import { emptyAnswer } from '../backends/answer.ts';
import type { ChatChunk } from '../backends/backend.ts';
import { BackendError } from '../backends/failure.ts';
import { toOutcome } from '../pool/outcome.ts';
import type { Attempt } from './attempt.ts';
import { type ChatRequest, tokensPerChoice } from './chat-request.ts';
import type { RequestContext } from './context.ts';
import { toApiError } from './failures.ts';
import { identityOf, type StreamShape, toChunk, toUsageChunk } from './openai-shape.ts';
import type { RequestLog } from './request-log.ts';
import { routeHeaders } from './route-headers.ts';
import { StreamMeter } from './stream-meter.ts';

/**
 * Runs one attempt and answers with an event stream. The response begins with the answer's first token: until then
 * a failure throws and another variant may take over; from then on it ends the stream with an error event.
 */
export async function answerStream(
  context: RequestContext,
  attempt: Attempt,
  request: ChatRequest,
  log: RequestLog,
): Promise<Response> {
  const stream = new AnswerStream(context, attempt, request, log);
  const head = await stream.untilFirstToken();
  const upstreamMs = attempt.elapsedMs;
  log.upstreamMs += upstreamMs;
  attempt.lease?.firstToken(upstreamMs);
  return new Response(stream.body(head), {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      ...routeHeaders(context, attempt.action, log),
    },
  });
}

const encoder = new TextEncoder();

class AnswerStream {
  readonly #context: RequestContext;
  readonly #attempt: Attempt;
  readonly #request: ChatRequest;
  readonly #log: RequestLog;
  readonly #meter = new StreamMeter();
  readonly #shape: StreamShape;
  #batches: AsyncIterator<readonly ChatChunk[]> | undefined;
  #isLeft = false;

  constructor(context: RequestContext, attempt: Attempt, request: ChatRequest, log: RequestLog) {
    this.#context = context;
    this.#attempt = attempt;
    this.#request = request;
    this.#log = log;
    log.meter = this.#meter;
    this.#shape = {
      identity: identityOf(context.requestId, attempt.action.variant.model, request),
      keepUsage: request.stream_options?.include_usage === true,
      begun: new Set(),
    };
  }

  /** The events up to and with the first content. Throws what the backend throws. */
  async untilFirstToken(): Promise<string> {
    const { backends, config } = this.#context.gateway;
    this.#attempt.expectProgressWithin(config.catalogue.patience.firstTokenMs);
    const backend = backends[this.#attempt.action.endpoint.backend.kind];
    const source = await backend.stream(this.#attempt.call(this.#request));
    this.#batches = source[Symbol.asyncIterator]();
    const { done, value } = await this.#batches.next();
    this.#attempt.pauseWaiting();
    if (done) throw emptyAnswer();
    return this.#pass(value);
  }

  /** The response's body: pulled by the client's reading, so a slow client slows the endpoint and nothing piles up. */
  body(head: string): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode(head)),
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#leave(),
    });
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { nextTokenMs } = this.#context.gateway.config.catalogue.patience;
    try {
      // A batch may hold nothing for the client yet, such as usage; then the next one is read at once.
      for (;;) {
        this.#attempt.expectProgressWithin(nextTokenMs);
        const { done, value } = await this.#batches!.next();
        // The client may take its time to read; only the endpoint's silence counts.
        this.#attempt.pauseWaiting();
        const events = done ? this.#finish() : this.#pass(value);
        if (events !== '') controller.enqueue(encoder.encode(events));
        if (done) controller.close();
        if (done || events !== '') return;
      }
    } catch (error) {
      // A client that leaves cancels the body and aborts its signal; which comes first is the platform's business.
      if (this.#isLeft || this.#context.clientSignal.aborted) {
        this.#leave();
        controller.error(error);
      } else {
        controller.enqueue(encoder.encode(this.#fail(error)));
        controller.close();
      }
    }
  }

  /** Meters a batch and brings it into the client's shape. */
  #pass(batch: readonly ChatChunk[]): string {
    this.#meter.pass(batch, this.#context.gateway.clock());
    let events = '';
    for (const chunk of batch) if (chunk.choices.length > 0) events += event(toChunk(chunk, this.#shape));
    return events;
  }

  #finish(): string {
    this.#attempt.end();
    const { firstTokenMs, usage, cutShort } = this.#meter;
    const outputTokens = tokensPerChoice(this.#meter.outputTokens, this.#request);
    const { receivedAtMs, gateway } = this.#context;
    this.#attempt.lease?.settle({
      kind: 'served',
      outputTokens,
      ttftMs: firstTokenMs! - this.#attempt.startedAtMs,
      e2eMs: this.#attempt.elapsedMs,
      cutShort,
    });
    this.#log.write('served', 200, {
      outputTokens,
      tpotMs: this.#meter.tpotMs(outputTokens),
      ttftMs: firstTokenMs! - receivedAtMs,
      e2eMs: gateway.clock() - receivedAtMs,
    });
    const reported = usage && this.#shape.keepUsage ? event(toUsageChunk(usage, this.#shape)) : '';
    return `${reported}data: [DONE]\n\n`;
  }

  /** After the first token nothing can take over: the client learns that the answer is not complete. */
  #fail(error: unknown): string {
    const failure =
      error instanceof BackendError
        ? error
        : new BackendError({ kind: 'truncated' }, String(error), { cause: error });
    this.#attempt.abort(failure);
    this.#attempt.lease?.settle(toOutcome(failure.failure));
    this.#log.failed(failure.failure.kind);
    this.#log.write('failed', 200);
    return `event: error\n${event(toApiError(failure, this.#context.gateway.redact).toBody())}`;
  }

  #leave(): void {
    this.#isLeft = true;
    this.#attempt.abort(new Error('the client went away'));
    this.#attempt.lease?.settle({ kind: 'aborted' });
    this.#log.write('aborted', 499);
  }
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
