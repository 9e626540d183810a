import { z } from 'zod';
import { CommandError } from '../../../policy/command-line/command-error.ts';
import type { Context } from '../context.ts';
import type { Step } from '../step.ts';

/** A new custom domain needs a certificate first: minutes, not seconds. */
const attempts = 60;
const pauseMs = 10_000;

/** A new key is known everywhere within a second. */
const keyKnownMs = 2_000;

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

const keySchema = z.object({ id: z.string(), key: z.string() });

/**
 * The API answers and lets no stranger in. With the admin token in the shell a key is made that lasts for the test; with
 * it, or with one of the operator's for all variants, the API knows its catalogue and serves a request. Before the
 * first key is made, strangers are told that nobody is served.
 */
export function smoke(context: Context): Step {
  const { environment, variables } = context;
  const url = `https://${environment.worker.domain}`;
  const isServing = Boolean(variables.SMOKE_API_KEY || variables.ADMIN_TOKEN);
  return {
    name: 'smoke test',
    what: `${url} answers, turns strangers down${isServing ? ', and serves a request' : ' (and serves a request, if ADMIN_TOKEN or SMOKE_API_KEY is set)'}`,
    isDone: async () => false,
    run: async () => {
      await untilHealthy(context, url);
      await expectStatus(context, `${url}/v1/models`, {}, 401, 503);
      if (variables.SMOKE_API_KEY) return await expectService(context, url, variables.SMOKE_API_KEY);
      if (variables.ADMIN_TOKEN) await withPassingKey(context, url, variables.ADMIN_TOKEN);
    },
  };
}

/** Makes a key, tests with it, and revokes it whatever comes of that. */
async function withPassingKey(context: Context, url: string, adminToken: string): Promise<void> {
  const administer = async (path: string, body: object, status: number) =>
    await expectStatus(
      context,
      `${url}/admin/v1${path}`,
      posted({ authorization: `Bearer ${adminToken}` }, body),
      status,
    );
  const made = await administer('/keys', { name: 'smoke-test' }, 201);
  const { id, key } = keySchema.parse(await made.json());
  await context.pause(keyKnownMs);
  try {
    await expectService(context, url, key);
  } finally {
    await administer(`/keys/${id}/revoke`, {}, 200);
  }
}

/** Who has this key is told of every variant, and served. */
async function expectService(context: Context, url: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  const models = await expectStatus(context, `${url}/v1/models`, { headers }, 200);
  const served = modelsSchema.parse(await models.json()).data.map(({ id }) => id);
  const missing = context.environment.catalogue.variants.filter(({ id }) => !served.includes(id));
  if (missing.length > 0)
    throw new CommandError(`/v1/models: does not have ${missing.map(({ id }) => id).join(', ')}`);
  const question = {
    model: 'auto',
    max_tokens: 8,
    messages: [{ role: 'user', content: 'Say hello.' }],
  };
  const answer = await expectStatus(context, `${url}/v1/chat/completions`, posted(headers, question), 200);
  context.say(`  served by ${answer.headers.get('x-route-variant')}`);
}

function posted(headers: Readonly<Record<string, string>>, body: object): RequestInit {
  return {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

async function untilHealthy({ fetch, pause }: Context, url: string): Promise<void> {
  let last = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await pause(pauseMs);
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(pauseMs) });
      if (response.ok) return;
      last = `status ${response.status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
  }
  throw new CommandError(`${url}/healthz does not answer: ${last}`);
}

async function expectStatus(
  { fetch }: Context,
  url: string,
  init: RequestInit,
  ...statuses: readonly number[]
): Promise<Response> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(120_000) });
  if (statuses.includes(response.status)) return response;
  throw new CommandError(
    `${url}: expected status ${statuses.join(' or ')}, got ${response.status}: ${(await response.text()).slice(0, 500)}`,
  );
}
