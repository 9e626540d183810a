import { type Context, Hono } from 'hono';
import { withoutKeys } from '../access/api-key.ts';
import type { Policy } from '../access/policy.ts';
import { ConfigError, type Env, readConfig } from '../config.ts';
import { wallClock } from '../platform/clock.ts';
import { show } from '../platform/describe.ts';
import { PoolClient } from '../pool/pool-client.ts';
import type { RoutingRequest } from '../routing/observation.ts';
import { admin } from './admin.ts';
import { admit } from './admission.ts';
import { commonHeaders, preflightHeaders, protectiveHeaders } from './answer-headers.ts';
import { ApiError } from './api-error.ts';
import { authenticate, type Caller } from './authenticate.ts';
import { type ChatRequest, parseChatRequest } from './chat-request.ts';
import type { RequestContext } from './context.ts';
import { type Demand, demandOf, noTokens } from './demand.ts';
import { explain } from './explain.ts';
import { gatewayFor } from './gateway.ts';
import type { Grant } from './grant.ts';
import { guard } from './guard.ts';
import { holdBack } from './hold-back.ts';
import { issuerRoutes } from './issuer.ts';
import { findModel, listModels } from './models.ts';
import { readJson } from './read-body.ts';
import { readRequestId } from './request-id.ts';
import { toRoutingRequest } from './routing-request.ts';
import { serve } from './serve.ts';

type Variables = {
  requestId: string;
  receivedAtMs: number;
  /** Headers of every answer to this request, whatever it is. */
  commonHeaders: Readonly<Record<string, string>>;
};
type Call = Context<{ Bindings: Env; Variables: Variables }>;

/** The public API, and beside it the administration of keys. */
export const app = new Hono<{ Bindings: Env; Variables: Variables }>();

app.use(async (call, next) => {
  call.set('receivedAtMs', performance.now());
  // One of our own first: the answer that turns down the client's needs one, too.
  call.set('requestId', crypto.randomUUID());
  call.set('commonHeaders', protectiveHeaders);
  await next();
  finishHeaders(call);
});

app.use(async (call, next) => {
  const config = readConfig(call.env);
  call.set('commonHeaders', commonHeaders(call.req.raw, config.access.origins));
  call.set('requestId', readRequestId(call.req.raw.headers));
  guard(call.req.raw, config);
  await next();
});

app.get('/healthz', (call) => {
  const { catalogue, access } = readConfig(call.env);
  if (access.kind === 'keys') return call.json({ status: 'ok' });
  return call.json({ status: 'ok', pool: catalogue.pool, variants: catalogue.variants.map(({ id }) => id) });
});

app.route('/.well-known', issuerRoutes(wallClock));

app.get('/v1/models', async (call) => {
  const policy = await letIn(call);
  return call.json({ object: 'list', data: listModels(readConfig(call.env).catalogue, policy) });
});

app.get('/v1/models/:id{.+}', async (call) => {
  const policy = await letIn(call);
  return call.json(findModel(readConfig(call.env).catalogue, policy, call.req.param('id')));
});

app.post('/v1/chat/completions', async (call) => {
  const caller = await callerOf(call);
  const { request, routing } = await readChat(call, caller);
  const grant = caller && (await grantTo(call, caller, demandOf(request, routing)));
  const answer = serve(contextOf(call, grant), request, routing);
  // A client that leaves must not take the request's context along before its place has been given back. What has
  // failed without a settlement took nothing.
  call.executionCtx.waitUntil(answer.catch(() => grant?.settle(0)));
  return await answer;
});

app.post('/v1/route', async (call) => {
  const caller = await callerOf(call);
  const { routing } = await readChat(call, caller);
  if (caller !== undefined) await grantTo(call, caller, noTokens);
  return call.json(await explain(contextOf(call), routing));
});

app.route('/admin/v1', admin);

const allowedMethods = {
  '/healthz': 'GET, HEAD',
  '/v1/models': 'GET, HEAD',
  '/v1/models/:id{.+}': 'GET, HEAD',
  '/v1/chat/completions': 'POST',
  '/v1/route': 'POST',
};

/** The routes as a reader knows them: `GET /v1/models/{id}`. */
const knownRoutes = Object.entries(allowedMethods)
  .map(([path, allow]) => `${allow.replace(', HEAD', '')} ${path.replace(/:(\w+).*/, '{$1}')}`)
  .join(', ');

for (const [path, allow] of Object.entries(allowedMethods))
  app.all(path, (call) => {
    if (isPreflight(call.req.raw)) return call.body(null, 204, preflightHeaders);
    throw new ApiError(
      405,
      'invalid_request_error',
      `${show(call.req.path)} takes ${allow}, not ${call.req.method}`,
      { code: 'method_not_allowed', headers: { allow } },
    );
  });

app.notFound((call) => {
  const { method, path } = call.req;
  const message = `no such route: ${method} ${show(path)}; known: ${knownRoutes}`;
  return toResponse(new ApiError(404, 'invalid_request_error', message, { code: 'unknown_route' }));
});

app.onError((error, call) =>
  toResponse(error instanceof ApiError ? error : unexpected(error, call.var.requestId)),
);

/** Who calls, unless that key asks far too often: known before anything of the body is read. */
async function callerOf(call: Call): Promise<Caller | undefined> {
  const caller = await authenticate(call.req.raw.headers, call.env);
  if (caller !== undefined) await holdBack(call.env.RATE_LIMIT, caller.identity.keyId);
  return caller;
}

/** Lets a request in that no model server will see, and counts it. */
async function letIn(call: Call): Promise<Policy | undefined> {
  const caller = await callerOf(call);
  if (caller !== undefined) await grantTo(call, caller, noTokens);
  return caller?.identity.policy;
}

/** A chat request and what routing needs of it. A faulty one counts like any other: else faults would be free. */
async function readChat(
  call: Call,
  caller: Caller | undefined,
): Promise<{ request: ChatRequest; routing: RoutingRequest }> {
  try {
    const request = parseChatRequest(await readJson(call.req.raw));
    const { headers } = call.req.raw;
    const { catalogue } = readConfig(call.env);
    return { request, routing: toRoutingRequest(request, headers, catalogue, caller?.identity.policy) };
  } catch (error) {
    if (caller !== undefined) await grantTo(call, caller, noTokens);
    throw error;
  }
}

async function grantTo(call: Call, caller: Caller, demand: Demand): Promise<Grant> {
  const grant = await admit(caller, demand, (work) => call.executionCtx.waitUntil(work));
  call.set('commonHeaders', { ...call.var.commonHeaders, ...grant.headers });
  return grant;
}

function contextOf(call: Call, grant?: Grant): RequestContext {
  const gateway = gatewayFor(call.env);
  return {
    gateway,
    pool: new PoolClient(call.env.POOL.getByName(gateway.config.catalogue.pool), gateway.edge, gateway.clock),
    requestId: call.var.requestId,
    receivedAtMs: call.var.receivedAtMs,
    grant,
    commonHeaders: call.var.commonHeaders,
    clientSignal: call.req.raw.signal,
    defer: (work) => call.executionCtx.waitUntil(work),
  };
}

/** Whether a browser asks if a page may call. Pages that may not have been turned away by then. */
function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');
}

/** What went wrong inside is for the log; the client learns that it was not its fault. */
function unexpected(error: Error, requestId: string): ApiError {
  const cause = error instanceof ConfigError ? error.message : (error.stack ?? String(error));
  console.error(`${requestId}: ${withoutKeys(cause)}`);
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

/** What every answer says is added to it by the first middleware. */
function toResponse(error: ApiError): Response {
  return Response.json(error.toBody(), { status: error.status, headers: error.headers });
}

/**
 * Headers every answer carries, whichever handler made it. Routed answers have them already: changing a finished
 * response copies it.
 */
function finishHeaders(call: Call): void {
  if (call.res.headers.has('x-request-id') && call.res.headers.has('server-timing')) return;
  const gatewayMs = performance.now() - call.var.receivedAtMs;
  const answer = new Response(call.res.body, call.res);
  const headers = {
    ...call.var.commonHeaders,
    'x-request-id': call.var.requestId,
    'server-timing': `gateway;dur=${gatewayMs.toFixed(2)}`,
  };
  for (const [name, value] of Object.entries(headers))
    if (!answer.headers.has(name)) answer.headers.set(name, value);
  call.res = answer;
}
