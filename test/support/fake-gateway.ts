import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { startUpstream } from './upstream.ts';

/** A chat request as the fake received it. */
export interface ReceivedChat {
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly messages: readonly { readonly content: string }[];
    readonly service_tier?: string;
    readonly [field: string]: unknown;
  };
}

/** What the fake does with a chat request. */
export type ChatHandler = (chat: ReceivedChat, response: ServerResponse) => unknown;

export interface FakeGateway {
  readonly url: string;
  readonly chats: readonly ReceivedChat[];
}

export interface FakeGatewayOptions {
  readonly chat?: ChatHandler;
  /** The body of `POST /v1/route`'s answer to a task (undefined: none was named). */
  readonly route?: (task: string | undefined) => unknown;
}

/** The gateway's wire behaviour as the replay sees it, over real HTTP, with answers that a test decides. */
export async function startFakeGateway(options: FakeGatewayOptions = {}): Promise<FakeGateway> {
  const { chat = answerAsAsked, route = routeAnswer } = options;
  const chats: ReceivedChat[] = [];
  const { url } = await startUpstream((response, { path, headers, body }) => {
    if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
    if (path === '/v1/route') return sendJson(response, 200, route(headers['x-task']?.toString()));
    const received = { headers, body: JSON.parse(body) };
    chats.push(received);
    chat(received, response);
  });
  return { url, chats };
}

/** A dry run's answer: two variants, of quality 0.8 and 0.5, and deadlines that loopback keeps easily. */
export function routeAnswer(task = 'summary', slo: object = { ttftMs: 5_000, tpotMs: 1_000 }): object {
  return {
    request: { task, class: 'standard', slo, minQuality: 0 },
    ranking: [
      { variant: 'large', endpoint: 'one', model: 'm', quality: 0.8, score: 1, predicted: { ttftMs: 1 } },
      { variant: 'small', endpoint: 'two', model: 'n', quality: 0.5, score: null, masked: 'full' },
    ],
  };
}

/** Streams as many tokens as the prompt asks for, from the variant `large`. */
export const answerAsAsked: ChatHandler = ({ body }, response) => {
  const asked = Number(/^Answer in exactly (\d+) tokens\./.exec(body.messages[0]!.content)?.[1]);
  const promptTokens = Math.ceil(body.messages[0]!.content.length / 4);
  beginStream(response);
  for (let token = 0; token < asked; token++) sendChunk(response, { content: 'word' });
  sendChunk(response, {}, 'stop');
  sendEvent(response, { choices: [], usage: { prompt_tokens: promptTokens, completion_tokens: asked } });
  response.end('data: [DONE]\n\n');
};

export function beginStream(response: ServerResponse, variant = 'large'): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'x-route-variant': variant,
    'x-route-endpoint': 'one',
    'x-route-reason': 'best',
    'x-request-id': 'r-1',
  });
}

export function sendChunk(response: ServerResponse, delta: object, finishReason: string | null = null): void {
  sendEvent(response, { choices: [{ index: 0, delta, finish_reason: finishReason }] });
}

export function sendEvent(response: ServerResponse, event: object): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
