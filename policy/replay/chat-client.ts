import * as http from 'node:http';
import * as https from 'node:https';
import { z } from 'zod';
import type { Clock } from '../../src/platform/clock.ts';
import type { RequestClass } from '../../src/routing/catalogue.ts';
import { AnswerReader } from './answer-reader.ts';
import type { Outcome, Route } from './exchange.ts';

/** A request is given up when nothing at all has come for this long: nobody waits longer for a next token. */
const silenceMs = 120_000;
/** How much of an error's body is read. */
const errorCharacters = 64 * 1024;

export interface ChatRequest {
  readonly prompt: string;
  readonly task: string;
  readonly class?: RequestClass | undefined;
}

export interface ChatReply {
  /** Absent when no answer arrived at all. */
  readonly status: number | undefined;
  readonly route: Route;
  readonly outcome: Outcome;
}

/** The tier by which OpenAI's API asks for each class. */
const tiers = { interactive: 'priority', standard: 'default', batch: 'flex' } as const satisfies Record<
  RequestClass,
  string
>;

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/**
 * Sends streamed chat requests and measures what comes back. On `node:http` with kept-alive connections and a
 * handful of steps per read: what the client takes is missing to a gateway on the same machine.
 */
export class ChatClient {
  readonly #url: URL;
  readonly #transport: typeof http | typeof https;
  readonly #agent: http.Agent;
  readonly #clock: Clock;
  readonly #apiKey: string | undefined;

  /** @param options.url the gateway's, without `/v1`. */
  constructor(options: { url: string; clock: Clock; apiKey?: string | undefined }) {
    this.#url = new URL('/v1/chat/completions', options.url);
    this.#transport = this.#url.protocol === 'https:' ? https : http;
    this.#agent = new this.#transport.Agent({ keepAlive: true });
    this.#clock = options.clock;
    this.#apiKey = options.apiKey;
  }

  /** Resolves when the answer has ended, however it did; rejects only when `signal` aborts, with its reason. */
  async send(request: ChatRequest, signal: AbortSignal): Promise<ChatReply> {
    const sentAtMs = this.#clock();
    let status: number | undefined;
    let route: Route = {};
    try {
      const response = await this.#post(request, signal);
      status = response.statusCode;
      route = routeOf(response.headers);
      return { status, route, outcome: await this.#outcome(response, sentAtMs) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return { status, route, outcome: { kind: 'failed', reason: transportReason(error) } };
    }
  }

  /** Closes the connections kept for reuse. */
  close(): void {
    this.#agent.destroy();
  }

  #post(request: ChatRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
    const body = Buffer.from(JSON.stringify(bodyOf(request)));
    return new Promise((resolve, reject) => {
      const call = this.#transport.request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        headers: this.#headers(request.task, body.length),
        timeout: silenceMs,
        signal,
      });
      call.on('timeout', () => call.destroy(new Error(`nothing came for ${silenceMs / 1000} s`)));
      call.on('error', reject);
      call.on('response', resolve);
      call.end(body);
    });
  }

  #headers(task: string, length: number): http.OutgoingHttpHeaders {
    return {
      'content-type': 'application/json',
      'content-length': length,
      'x-task': task,
      ...(this.#apiKey !== undefined && { authorization: `Bearer ${this.#apiKey}` }),
    };
  }

  async #outcome(response: http.IncomingMessage, sentAtMs: number): Promise<Outcome> {
    if (response.statusCode === 200) return this.#answer(response, sentAtMs);
    const text = await readText(response);
    if (response.statusCode === 429) return { kind: 'shed' };
    return { kind: 'failed', reason: `HTTP ${response.statusCode}: ${errorMessage(text)}` };
  }

  async #answer(response: http.IncomingMessage, sentAtMs: number): Promise<Outcome> {
    const reader = new AnswerReader();
    await eachRead(response, (text) => reader.read(text, this.#clock()));
    const end = reader.end();
    if (!end.complete) return { kind: 'failed', reason: end.reason };
    const decodeMs = end.lastTokenAtMs - end.firstTokenAtMs;
    return {
      kind: 'answered',
      ttftMs: end.firstTokenAtMs - sentAtMs,
      tpotMs: end.outputTokens > 1 ? decodeMs / (end.outputTokens - 1) : undefined,
      e2eMs: end.lastTokenAtMs - sentAtMs,
      promptTokens: end.promptTokens,
      outputTokens: end.outputTokens,
    };
  }
}

function bodyOf(request: ChatRequest): object {
  return {
    model: 'auto',
    messages: [{ role: 'user', content: request.prompt }],
    stream: true,
    stream_options: { include_usage: true },
    ...(request.class && { service_tier: tiers[request.class] }),
  };
}

function routeOf(headers: http.IncomingHttpHeaders): Route {
  const one = (name: string) => headers[name]?.toString();
  return {
    variant: one('x-route-variant'),
    endpoint: one('x-route-endpoint'),
    reason: one('x-route-reason'),
    requestId: one('x-request-id'),
  };
}

/** Hands over each network read as it comes, without a promise per read. Rejects when the body breaks off. */
function eachRead(response: http.IncomingMessage, take: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    response.setEncoding('utf8');
    response.on('data', take);
    response.on('end', resolve);
    response.on('error', reject);
  });
}

async function readText(response: http.IncomingMessage): Promise<string> {
  let text = '';
  await eachRead(response, (read) => {
    if (text.length < errorCharacters) text += read;
  });
  return text;
}

/** The message of an error of OpenAI's shape; of anything else its beginning. */
function errorMessage(text: string): string {
  try {
    return errorSchema.parse(JSON.parse(text)).error.message;
  } catch {
    return text.slice(0, 120).trim() || 'no body';
  }
}

function transportReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `connection failed: ${error.message || error.name}${code}`;
}
