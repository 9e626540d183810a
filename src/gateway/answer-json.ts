import type { ChatCompletion } from '../backends/backend.ts';
import { BackendError } from '../backends/failure.ts';
import type { Attempt } from './attempt.ts';
import type { ChatRequest } from './chat-request.ts';
import type { RequestContext } from './context.ts';
import { toCompletion } from './openai-shape.ts';
import type { RequestLog } from './request-log.ts';
import { routeHeaders } from './route-headers.ts';
import { saysSomething } from './says-something.ts';

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
  attempt.stopWaiting();
  if (isEmpty(completion)) throw new BackendError({ kind: 'empty' }, 'an answer without content');
  const upstreamMs = attempt.elapsedMs;
  const outputTokens = completion.usage?.completion_tokens ?? 0;
  attempt.lease?.settle({ kind: 'served', outputTokens, e2eMs: upstreamMs });
  const body = toCompletion(completion, {
    id: `chatcmpl-${context.requestId}`,
    created: Math.floor(Date.now() / 1000),
    model: attempt.action.variant.model,
  });
  const e2eMs = context.gateway.clock() - context.receivedAtMs;
  log.write('served', 200, { outputTokens, ttftMs: e2eMs, e2eMs });
  return Response.json(body, { headers: routeHeaders(context, attempt.action, log.reason, upstreamMs) });
}

/** No choice says anything: a server's way of failing with a 200. */
function isEmpty({ choices }: ChatCompletion): boolean {
  return !choices.some(({ message }) => saysSomething(message));
}
