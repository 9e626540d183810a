import { type Context, Hono } from 'hono';
import { ConfigError, type Env, readConfig } from '../config.ts';
import { show } from '../platform/describe.ts';
import { PoolClient } from '../pool/pool-client.ts';
import { ApiError } from './api-error.ts';
import { authenticate } from './authenticate.ts';
import { parseChatRequest } from './chat-request.ts';
import type { RequestContext } from './context.ts';
import { explain } from './explain.ts';
import { gatewayFor } from './gateway.ts';
import { findModel, listModels } from './models.ts';
import { readJson } from './read-body.ts';
import { readRequestId } from './request-id.ts';
import { toRoutingRequest } from './routing-request.ts';
import { serve } from './serve.ts';

type Variables = { requestId: string; receivedAtMs: number };
type Call = Context<{ Bindings: Env; Variables: Variables }>;

/** The public API. */
export const app = new Hono<{ Bindings: Env; Variables: Variables }>();

app.use(async (call, next) => {
  call.set('receivedAtMs', performance.now());
  // One of our own first: the answer that turns down the client's needs one, too.
  call.set('requestId', crypto.randomUUID());
  call.set('requestId', readRequestId(call.req.raw.headers));
  await next();
  finishHeaders(call);
});

app.get('/healthz', (call) => {
  const { catalogue } = readConfig(call.env);
  return call.json({ status: 'ok', pool: catalogue.pool, variants: catalogue.variants.map(({ id }) => id) });
});

app.get('/v1/models', async (call) => {
  const { catalogue } = await admit(call);
  return call.json({ object: 'list', data: listModels(catalogue) });
});

app.get('/v1/models/:id{.+}', async (call) => {
  const { catalogue } = await admit(call);
  return call.json(findModel(catalogue, call.req.param('id')));
});

app.post('/v1/chat/completions', async (call) => {
  const { catalogue } = await admit(call);
  const request = parseChatRequest(await readJson(call.req.raw));
  const routing = toRoutingRequest(request, call.req.raw.headers, catalogue);
  const answer = serve(contextOf(call), request, routing);
  // A client that leaves must not take the request's context along before its place has been given back.
  call.executionCtx.waitUntil(answer.catch(() => {}));
  return await answer;
});

app.post('/v1/route', async (call) => {
  const { catalogue } = await admit(call);
  const request = parseChatRequest(await readJson(call.req.raw));
  return call.json(
    await explain(contextOf(call), toRoutingRequest(request, call.req.raw.headers, catalogue)),
  );
});

const allowedMethods = {
  '/healthz': 'GET, HEAD',
  '/v1/models': 'GET, HEAD',
  '/v1/models/:id{.+}': 'GET, HEAD',
  '/v1/chat/completions': 'POST',
  '/v1/route': 'POST',
};
for (const [path, allow] of Object.entries(allowedMethods))
  app.all(path, ({ req }) => {
    throw new ApiError(405, 'invalid_request_error', `${show(req.path)} takes ${allow}, not ${req.method}`, {
      code: 'method_not_allowed',
      headers: { allow },
    });
  });

app.notFound((call) => {
  const { method, path } = call.req;
  const error = new ApiError(404, 'invalid_request_error', `no such route: ${method} ${show(path)}`, {
    code: 'unknown_route',
  });
  return toResponse(call, error);
});

app.onError((error, call) => toResponse(call, error instanceof ApiError ? error : unexpected(error)));

async function admit(call: Call): Promise<ReturnType<typeof readConfig>> {
  const config = readConfig(call.env);
  await authenticate(call.req.raw.headers, config.access);
  return config;
}

function contextOf(call: Call): RequestContext {
  const gateway = gatewayFor(call.env);
  return {
    gateway,
    pool: new PoolClient(call.env.POOL.getByName(gateway.config.catalogue.pool), gateway.edge, gateway.clock),
    requestId: call.var.requestId,
    receivedAtMs: call.var.receivedAtMs,
    clientSignal: call.req.raw.signal,
    defer: (work) => call.executionCtx.waitUntil(work),
  };
}

/** What went wrong inside is for the log; the client learns that it was not its fault. */
function unexpected(error: Error): ApiError {
  console.error(error instanceof ConfigError ? error.message : (error.stack ?? String(error)));
  if (error instanceof ConfigError)
    return new ApiError(
      500,
      'configuration_error',
      'the gateway is not configured correctly; its log says how',
      {
        code: 'misconfigured',
      },
    );
  return new ApiError(500, 'api_error', 'the gateway failed; its log has the cause under this request id', {
    code: 'internal_error',
  });
}

function toResponse(call: Call, error: ApiError): Response {
  // The answer to a bad request id is made before the middleware that would add it.
  call.header('x-request-id', call.var.requestId);
  for (const [name, value] of Object.entries(error.headers)) call.header(name, value);
  return call.json(error.toBody(), error.status);
}

/**
 * Headers every answer carries, whichever handler made it. Routed answers have them already: changing a finished
 * response copies it.
 */
function finishHeaders(call: Call): void {
  const { headers } = call.res;
  if (!headers.has('x-request-id')) call.header('x-request-id', call.var.requestId);
  if (!headers.has('server-timing'))
    call.header('server-timing', `gateway;dur=${(performance.now() - call.var.receivedAtMs).toFixed(2)}`);
}
