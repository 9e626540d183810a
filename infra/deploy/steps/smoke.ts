import { z } from 'zod';
import { CommandError } from '../../../policy/command-line/command-error.ts';
import type { Context } from '../context.ts';
import type { Step } from '../step.ts';

/** A new custom domain needs a certificate first: minutes, not seconds. */
const attempts = 60;
const pauseMs = 10_000;

const healthSchema = z.object({ variants: z.array(z.string()) });

/** The API answers, knows its catalogue, and lets no stranger in; with a key at hand, a request is served as well. */
export function smoke(context: Context): Step {
  const { environment, variables, say } = context;
  const { domain } = environment.worker;
  return {
    name: 'smoke test',
    what: `https://${domain} answers, turns strangers down${variables.SMOKE_API_KEY ? ', and serves a request' : ' (a request too, if SMOKE_API_KEY is set)'}`,
    isDone: async () => false,
    run: async () => {
      const { variants } = healthSchema.parse(await untilHealthy(context, `https://${domain}`));
      const expected = environment.catalogue.variants.map(({ id }) => id);
      if (variants.join() !== expected.join())
        throw new CommandError(`/healthz: serves ${variants.join(', ')}, not ${expected.join(', ')}`);
      await expectStatus(context, `https://${domain}/v1/models`, {}, 401);
      if (!variables.SMOKE_API_KEY) return;
      const served = await expectStatus(
        context,
        `https://${domain}/v1/chat/completions`,
        question(variables.SMOKE_API_KEY),
        200,
      );
      say(`  served by ${served.headers.get('x-route-variant')}`);
    },
  };
}

function question(key: string): RequestInit {
  return {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'auto',
      max_tokens: 8,
      messages: [{ role: 'user', content: 'Say hello.' }],
    }),
  };
}

async function untilHealthy({ fetch, pause }: Context, url: string): Promise<unknown> {
  let last = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await pause(pauseMs);
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(pauseMs) });
      if (response.ok) return await response.json();
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
  status: number,
): Promise<Response> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(120_000) });
  if (response.status === status) return response;
  throw new CommandError(
    `${url}: expected status ${status}, got ${response.status}: ${(await response.text()).slice(0, 500)}`,
  );
}
