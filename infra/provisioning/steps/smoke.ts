import { z } from 'zod';
import { CommandError } from '../../../policy/command-line/command-error.ts';
import type { Context } from '../context.ts';
import { everywhereMs } from '../propagation.ts';
import type { Step } from '../step.ts';

/** A new custom domain needs a certificate first: minutes, not seconds. */
const certificateMs = 10 * 60_000;

/** How long until it is asked again what has not answered as it should. */
const pauseMs = 10_000;

/** A new key is known everywhere within a second. */
const keyKnownMs = 2_000;

/** How long the test's own key lives where the run is killed before it is revoked: longer than any test. */
const passingKeyS = 3_600;

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

const keySchema = z.object({ id: z.string(), key: z.string() });

/**
 * The API answers and lets no stranger in. With the admin token in the shell a key is made that lasts for the test; with
 * it, or with one of the operator's for all variants, the API knows its catalogue and every variant serves a request:
 * left to itself, the gateway would stand in for one that is broken with another. Before the first key is made,
 * strangers are told that nobody is served.
 */
export function smoke(context: Context): Step {
  const { environment, variables } = context;
  const url = `https://${environment.worker.domain}`;
  const isServing = Boolean(variables.SMOKE_API_KEY || variables.ADMIN_TOKEN);
  return {
    name: 'smoke test',
    what: `${url} answers, turns strangers down${isServing ? ', and every variant serves a request' : ' (and every variant serves a request, if ADMIN_TOKEN or SMOKE_API_KEY is set)'}`,
    isDone: async () => false,
    run: async () => {
      await eventually(context, certificateMs, () => expectStatus(context, `${url}/healthz`, {}, 200));
      await expectStatus(context, `${url}/v1/models`, {}, 401, 503);
      if (variables.SMOKE_API_KEY) return await expectService(context, url, variables.SMOKE_API_KEY);
      if (variables.ADMIN_TOKEN) await withPassingKey(context, url, variables.ADMIN_TOKEN);
    },
  };
}

/** Makes a key, tests with it, and revokes it whatever comes of that; a run that is killed leaves one that expires. */
async function withPassingKey(context: Context, url: string, adminToken: string): Promise<void> {
  const administer = async (path: string, body: object, status: number) =>
    await expectStatus(
      context,
      `${url}/admin/v1${path}`,
      posted({ authorization: `Bearer ${adminToken}` }, body),
      status,
    );
  const made = await eventually(context, everywhereMs, () =>
    administer('/keys', { name: 'smoke-test', expiresInSeconds: passingKeyS }, 201),
  );
  const { id, key } = keySchema.parse(await made.json());
  await context.pause(keyKnownMs);
  try {
    await expectService(context, url, key);
  } finally {
    await administer(`/keys/${id}/revoke`, {}, 200);
  }
}

/** Who has this key is told of every variant, and served by each. One that is too busy to serve is well. */
async function expectService(context: Context, url: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  const variants = context.environment.catalogue.variants.map(({ id }) => id);
  await eventually(context, everywhereMs, async () => {
    const models = await expectStatus(context, `${url}/v1/models`, { headers }, 200);
    const known = modelsSchema.parse(await models.json()).data.map(({ id }) => id);
    const missing = variants.filter((id) => !known.includes(id));
    if (missing.length > 0) throw new CommandError(`/v1/models: does not have ${missing.join(', ')}`);
  });
  const served: string[] = [];
  const busy: string[] = [];
  for (const id of variants) {
    const { status } = await eventually(context, everywhereMs, () => askOf(context, url, headers, id));
    (status === 200 ? served : busy).push(id);
  }
  const others = busy.length === 0 ? '' : `; too busy to say: ${busy.join(', ')}`;
  context.say(`  served by ${served.join(', ')}${others}`);
}

/** A request that only this variant may serve, whatever its quality. */
async function askOf(
  context: Context,
  url: string,
  headers: Readonly<Record<string, string>>,
  model: string,
): Promise<Response> {
  const question = { model, max_tokens: 8, messages: [{ role: 'user', content: 'Say hello.' }] };
  const request = posted({ ...headers, 'x-min-quality': '0' }, question);
  try {
    return await expectStatus(context, `${url}/v1/chat/completions`, request, 200, 429);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`"${model}" does not serve:\n${words}`, { cause });
  }
}

function posted(headers: Readonly<Record<string, string>>, body: object): RequestInit {
  return {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/**
 * What the check comes to when it has stopped failing: what was just deployed is not everywhere at once.
 * @throws CommandError the last one, when it fails for longer than that
 */
async function eventually<T>(
  { clock, pause }: Context,
  patienceMs: number,
  check: () => Promise<T>,
): Promise<T> {
  const endMs = clock() + patienceMs;
  while (true) {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof CommandError) || clock() >= endMs) throw error;
    }
    await pause(pauseMs);
  }
}

/** @throws CommandError when the API does not answer, or with another status */
async function expectStatus(
  { fetch }: Context,
  url: string,
  init: RequestInit,
  ...statuses: readonly number[]
): Promise<Response> {
  const response = await answerOf(fetch, url, init);
  if (statuses.includes(response.status)) return response;
  throw new CommandError(
    `${url}: expected status ${statuses.join(' or ')}, got ${response.status}: ${(await response.text()).slice(0, 500)}`,
  );
}

async function answerOf(fetch: Context['fetch'], url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(120_000) });
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${url} does not answer: ${words}`, { cause });
  }
}
