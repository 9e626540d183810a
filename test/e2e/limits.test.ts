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

  test('leave their streams, take no more of a month than it has, and are charged all they got', async () => {
    const tokensPerMonth = 400_000;
    const { id, key } = await newKey(gateway.url, { limits: { tokensPerMonth } });
    let received = 0;
    await together(async (index) => {
      const body = {
        model: index % 3 === 0 ? 'sagemaker' : 'openai',
        messages: [{ role: 'user', content: 'Answer in exactly 4000 tokens.' }],
        stream: true,
        max_tokens: 3_900,
      };
      const leaving = new AbortController();
      const response = await fetch(`${gateway.url}${chat}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...showing(key) },
        body: JSON.stringify(body),
        signal: leaving.signal,
      });
      if (response.status !== 200) return (await errorIn(response)).code !== 'insufficient_quota';
      received += await tokensUntil(response, index % 50);
      leaving.abort();
      // Beyond that, what is left is not charged, and the month would never end.
      return received <= tokensPerMonth;
    });
    const used = await settled(() => tokensThisMonth(gateway, id));
    expect(used).toBeLessThanOrEqual(tokensPerMonth);
    expect(used).toBeGreaterThan(0.99 * tokensPerMonth);
    expect(used).toBeGreaterThanOrEqual(received);
    expect(received).toBeGreaterThan(0);
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

/** What a key has used when nothing comes back any more of what was reserved: settlements follow their answers. */
async function settled(read: () => Promise<number | undefined>): Promise<number> {
  let used: number | undefined;
  const isStill = async () => {
    const before = used;
    used = await read();
    return used === before;
  };
  await expect.poll(isStill, { interval: 500, timeout: 20_000 }).toBe(true);
  return used!;
}

/** Reads a stream up to so many tokens or a few more, and counts them. */
async function tokensUntil(response: Response, tokens: number): Promise<number> {
  let text = '';
  const count = () => text.split('"content":"').length - 1;
  for await (const bytes of response.body!) {
    text += Buffer.from(bytes).toString();
    if (count() >= tokens) break;
  }
  return count();
}

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
