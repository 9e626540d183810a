import { Agent, type IncomingMessage, request as startRequest } from 'node:http';
import { parentPort } from 'node:worker_threads';
import type { Destination, LoadOrder, LoadReport } from './load.ts';
import { percentiles } from './statistics.ts';
import { requestBody } from './traffic.ts';

/**
 * The load generator, in a thread of its own. Every message to it is a `LoadOrder`, answered by one `LoadReport`.
 */
parentPort?.on('message', async (order: LoadOrder) => parentPort?.postMessage(await run(order)));

const bodies = { json: requestBody(false), stream: requestBody(true) };
const failuresReported = 5;
/** A request that takes longer has failed; nothing here takes more than some 50 ms. */
const timeoutMs = 10_000;

interface Timings {
  readonly firstByteMs: number[];
  readonly totalMs: number[];
  readonly failures: string[];
}

async function run(order: LoadOrder): Promise<LoadReport> {
  const connections = order.pace.kind === 'closed' ? order.pace.connections : Infinity;
  const agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  const timings: Timings = { firstByteMs: [], totalMs: [], failures: [] };
  const startMs = performance.now();
  if (order.pace.kind === 'closed') await runClosed(order, order.pace.connections, agent, timings);
  else await runPaced(order, order.pace.perSecond, agent, timings);
  const elapsedMs = performance.now() - startMs;
  agent.destroy();
  return {
    requests: timings.totalMs.length,
    failures: timings.failures.slice(0, failuresReported),
    elapsedMs,
    firstByteMs: percentiles(timings.firstByteMs),
    totalMs: percentiles(timings.totalMs),
  };
}

async function runClosed(
  order: LoadOrder,
  connections: number,
  agent: Agent,
  timings: Timings,
): Promise<void> {
  const endMs = performance.now() + order.seconds * 1000;
  const one = async () => {
    while (performance.now() < endMs) await send(order, agent, performance.now(), timings);
  };
  await Promise.all(Array.from({ length: connections }, one));
}

async function runPaced(order: LoadOrder, perSecond: number, agent: Agent, timings: Timings): Promise<void> {
  const startMs = performance.now();
  const count = Math.ceil(order.seconds * perSecond);
  const sent: Promise<void>[] = [];
  for (let number = 0; number < count; number++) {
    const dueMs = startMs + (number * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    sent.push(send(order, agent, dueMs, timings));
  }
  await Promise.all(sent);
}

/** One request. Never rejects: what goes wrong is counted. */
async function send(
  { destination, stream }: LoadOrder,
  agent: Agent,
  dueMs: number,
  timings: Timings,
): Promise<void> {
  try {
    const response = await respond(destination, stream, agent);
    let firstMs: number | undefined;
    let last: Buffer = Buffer.alloc(0);
    for await (const bytes of response as AsyncIterable<Buffer>) {
      firstMs ??= performance.now();
      last = bytes;
    }
    const endMs = performance.now();
    check(response, stream, last);
    timings.firstByteMs.push((firstMs ?? endMs) - dueMs);
    timings.totalMs.push(endMs - dueMs);
  } catch (error) {
    timings.failures.push(error instanceof Error ? error.message : String(error));
  }
}

function respond({ port, headers }: Destination, stream: boolean, agent: Agent): Promise<IncomingMessage> {
  const body = stream ? bodies.stream : bodies.json;
  return new Promise((resolve, reject) => {
    const request = startRequest({
      agent,
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': body.byteLength },
      timeout: timeoutMs,
    });
    request.once('response', resolve);
    request.once('error', reject);
    request.once('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.end(body);
  });
}

/** A target that answers something else, or ends early, must not look fast. */
function check({ statusCode }: IncomingMessage, stream: boolean, last: Buffer): void {
  const end = last.subarray(-64).toString().trimEnd();
  if (statusCode !== 200) throw new Error(`status ${statusCode}: ${end}`);
  if (!end.endsWith(stream ? '[DONE]' : '}'))
    throw new Error(`an answer that ends in ${JSON.stringify(end)}`);
}
