import type { Attempt } from './attempt.ts';
import { type ChatRequest, tokensPerChoice } from './chat-request.ts';
import type { RequestContext } from './context.ts';
import { identityOf, toCompletion } from './openai-shape.ts';
import type { RequestLog } from './request-log.ts';
import { routeHeaders } from './route-headers.ts';

/** Runs one attempt to its end and answers with one JSON document. Throws what the backend throws. */
export async function answerJson(
  context: RequestContext,
  attempt: Attempt,
  request: ChatRequest,
  log: RequestLog,
): Promise<Response> {
  const { config, backends } = context.gateway;
  attempt.expectProgressWithin(config.catalogue.patience.completionMs);
  const completion = await backends[attempt.action.endpoint.backend.kind].complete(attempt.call(request));
  attempt.end();
  const upstreamMs = attempt.elapsedMs;
  log.upstreamMs += upstreamMs;
  log.usage = completion.usage ?? undefined;
  const outputTokens = tokensPerChoice(completion.usage?.completion_tokens ?? 0, request);
  const cutShort = completion.choices.some(({ finish_reason }) => finish_reason === 'length');
  attempt.lease?.settle({ kind: 'served', outputTokens, e2eMs: upstreamMs, cutShort });
  const identity = identityOf(context.requestId, attempt.action.variant.model, request);
  const body = toCompletion(completion, identity);
  const e2eMs = context.gateway.clock() - context.receivedAtMs;
  log.write('served', 200, { outputTokens, e2eMs });
  // `Response.json` would copy the headers once more.
  return new Response(JSON.stringify(body), {
    headers: { 'content-type': 'application/json', ...routeHeaders(context, attempt.action, log) },
  });
}
