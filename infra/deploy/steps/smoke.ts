import { z } from 'zod';
import { CommandError } from '../../../policy/command-line/command-error.ts';
import type { Context } from '../context.ts';
import type { Step } from '../step.ts';

/** A new custom domain needs a certificate first: minutes, not seconds. */
const attempts = 60;
const pauseMs = 10_000;

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * The API answers and lets no stranger in; with a key at hand, which has to be one for all variants, it knows its
 * catalogue and serves a request as well. Before the first key is made, strangers are told that nobody is served.
 */
export function smoke(context: Context): Step {
  const { environment, variables, say } = context;
  const { domain } = environment.worker;
  return {
    name: 'smoke test',
    what: `https://${domain} answers, turns strangers down${variables.SMOKE_API_KEY ? ', and serves a request' : ' (a request too, if SMOKE_API_KEY is set)'}`,
    isDone: async () => false,
    run: async () => {
      const url = `https://${domain}`;
      await untilHealthy(context, url);
      await expectStatus(context, `${url}/v1/models`, {}, 401, 503);
      const key = variables.SMOKE_API_KEY;
      if (!key) return;
      const headers = { authorization: `Bearer ${key}` };
      const models = await expectStatus(context, `${url}/v1/models`, { headers }, 200);
      const served = modelsSchema.parse(await models.json()).data.map(({ id }) => id);
      const missing = environment.catalogue.variants.filter(({ id }) => !served.includes(id));
      if (missing.length > 0)
        throw new CommandError(`/v1/models: does not have ${missing.map(({ id }) => id).join(', ')}`);
      const answer = await expectStatus(context, `${url}/v1/chat/completions`, question(headers), 200);
      say(`  served by ${answer.headers.get('x-route-variant')}`);
    },
  };
}

function question(headers: Record<string, string>): RequestInit {
  return {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'auto',
      max_tokens: 8,
      messages: [{ role: 'user', content: 'Say hello.' }],
    }),
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
