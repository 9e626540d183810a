import { afterAll, describe, expect, test } from 'vitest';
import { administer, keysRequired, newKey, showing } from '../support/access.ts';
import { everyBackend } from '../support/every-backend.ts';
import { errorIn, eventsOf, type Gateway, post, startGateway } from '../support/gateway.ts';

const clients = 100;
const chat = '/v1/chat/completions';

async function start(variables: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const gateway = await startGateway({
    ...everyBackend,
    speed: 1_000,
    variables: { ...everyBackend.variables, ...keysRequired, ...variables },
  });
  afterAll(gateway.stop);
  return gateway;
}

/** One client's calls, one after the other, until its turn returns false. */
async function untilDone(turn: () => Promise<boolean>): Promise<void> {
  while (await turn());
}

/** All clients at once; client `index` calls until its turn returns false. */
async function together(turn: (index: number) => Promise<boolean>): Promise<void> {
  await Promise.all(Array.from({ length: clients }, (_, index) => untilDone(() => turn(index))));
}

/** A listing costs no inference: as fast as requests come. */
const listModels = (gateway: Gateway, key: string) =>
  fetch(`${gateway.url}/v1/models`, { headers: showing(key) });

describe(`${clients} clients at once`, async () => {
  const gateway = await start();

  test('make exactly as many requests a minute as their key allows', async () => {
    const { key } = await newKey(gateway.url, { limits: { requestsPerMinute: 400 } });
    const begunMs = performance.now();
    let served = 0;
    await together(async () => {
      const { status } = await listModels(gateway, key);
      if (status === 200) served += 1;
      return status === 200;
    });
    expect(performance.now() - begunMs).toBeLessThan(60_000);
    expect(served).toBe(400);
  });

  test('take a month’s tokens, and not one more: within 1 %, streams and answers of any length among them', async () => {
    const tokensPerMonth = 40_000;
    const { id, key } = await newKey(gateway.url, { limits: { tokensPerMonth, outputTokens: 150 } });
    let taken = 0;
    await together(async (index) => {
      const tokens = 20 + ((index * 37) % 110);
      const stream = index % 2 === 0;
      const body = {
        model: index % 3 === 0 ? 'sagemaker' : 'openai',
        messages: [{ role: 'user', content: `Answer in exactly ${tokens} tokens.` }],
        ...(stream && { stream, stream_options: { include_usage: true } }),
      };
      const response = await post(gateway.url, chat, body, showing(key));
      if (response.status !== 200) return (await errorIn(response)).code !== 'insufficient_quota';
      const used = stream ? await usageOfStream(response) : await usageOf(response);
      taken += used;
      return true;
    });
    expect(taken).toBeLessThanOrEqual(tokensPerMonth);
    expect(taken).toBeGreaterThan(0.99 * tokensPerMonth);
    await expect.poll(() => tokensThisMonth(gateway, id)).toBe(taken);
  });
});

test(`${clients} clients with ten keys make exactly as many requests a minute as all keys together may`, async () => {
  const gateway = await start({ SHARED_LIMITS: JSON.stringify({ requestsPerMinute: 300 }) });
  const keys = await Promise.all(Array.from({ length: 10 }, () => newKey(gateway.url)));
  let served = 0;
  await together(async (index) => {
    const { status } = await listModels(gateway, keys[index % 10]!.key);
    if (status === 200) served += 1;
    return status === 200;
  });
  expect(served).toBe(300);
});

async function usageOf(response: Response): Promise<number> {
  return ((await response.json()) as { usage: { total_tokens: number } }).usage.total_tokens;
}

/** The last event but `[DONE]` has the usage. */
async function usageOfStream(response: Response): Promise<number> {
  return JSON.parse((await eventsOf(response)).at(-2)!).usage.total_tokens;
}

async function tokensThisMonth(gateway: Gateway, id: string): Promise<number | undefined> {
  const { data } = (await (await administer(gateway.url, '/keys')).json()) as {
    data: readonly { id: string; usage: { tokensThisMonth: number } }[];
  };
  return data.find((key) => key.id === id)?.usage.tokensThisMonth;
}
