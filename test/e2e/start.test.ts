import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { smallCatalogue } from '../support/small-catalogue.ts';
import { StartCommand } from '../support/start-command.ts';
import { json, startUpstream } from '../support/upstream.ts';

function complete(url: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Answer in exactly 3 tokens.' }], ...body }),
  });
}

test('npm start serves every model of the fleet without a key, until Ctrl-C, and leaves nothing', async () => {
  const command = await StartCommand.run({ PORT: '0' });
  const url = await command.ready();
  expect(command.output).toContain(`curl ${url}/v1/chat/completions`);
  expect(command.output).toContain('Ctrl-C');
  for (const model of ['auto', 'llama-3.1-70b', 'llama-3.1-8b', 'llama-3.2-3b', 'llama-3.2-1b']) {
    const response = await complete(url, { model });
    expect(response.status, model).toBe(200);
    expect(await response.json()).toMatchObject({ usage: { completion_tokens: 3 } });
  }
  expect(command.processes().some(({ line }) => line.includes('workerd'))).toBe(true);
  command.interrupt('SIGINT');
  expect(await command.ended()).toBe(0);
  await expect.poll(() => command.processes()).toEqual([]);
  expect(await command.leftovers()).toEqual([]);
  await expect(fetch(url)).rejects.toThrow();
});

test.each([
  ['paper-partitioned', 'large'],
  ['paper-cohosted', 'gpu-2-medium'],
])('FLEET=%s starts that one', async (fleet, model) => {
  const command = await StartCommand.run({ PORT: '0', FLEET: fleet });
  const response = await complete(await command.ready(), { model });
  expect(response.headers.get('x-route-variant')).toBe(model);
  command.interrupt('SIGTERM');
  expect(await command.ended()).toBe(0);
});

test('a secret of an endpoint reaches it as it is, and is on no command line', async () => {
  const secret = 'it\'s-$HOME-"secret"';
  const upstream = await startUpstream((response) => json(response, 401, { error: { message: 'no' } }));
  const catalogue = {
    ...smallCatalogue,
    endpoints: smallCatalogue.endpoints.map((endpoint) => ({
      ...endpoint,
      backend: { kind: 'openai', baseUrl: '$VLLM_URL/v1', apiKeySecret: 'VLLM_KEY' },
    })),
  };
  const command = await StartCommand.run({
    PORT: '0',
    CATALOGUE: JSON.stringify(catalogue),
    VLLM_URL: upstream.url,
    VLLM_KEY: secret,
  });
  const url = await command.ready();
  for (const { line } of command.processes()) expect(line).not.toContain('secret"');
  await complete(url, { model: 'auto' });
  expect(upstream.received[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  command.interrupt('SIGINT');
  await command.ended();
});

test('a crash of the gateway is one clear sentence, and ends everything', async () => {
  const command = await StartCommand.run({ PORT: '0' });
  await command.ready();
  const gateway = command.processes().find(({ line }) => line.includes('wrangler.js'));
  process.kill(gateway?.pid ?? Number.NaN, 'SIGKILL');
  expect(await command.ended()).toBe(1);
  expect(command.output).toContain('The gateway stopped with SIGKILL.');
  await expect.poll(() => command.processes()).toEqual([]);
  expect(await command.leftovers()).toEqual([]);
});

test('Ctrl-C while it starts ends it', async () => {
  const command = await StartCommand.run({ PORT: '0' });
  await expect
    .poll(() => command.processes().some(({ line }) => line.includes('wrangler.js')), {
      timeout: 20_000,
    })
    .toBe(true);
  command.interrupt('SIGINT');
  expect(await command.ended()).toBe(0);
  await expect.poll(() => command.processes()).toEqual([]);
  expect(await command.leftovers()).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  '%s to npm alone leaves nothing either',
  async (signal) => {
    const command = await StartCommand.run({ PORT: '0' });
    await command.ready();
    command.signalNpm(signal);
    await command.ended();
    await expect.poll(() => command.processes(), { timeout: 10_000 }).toEqual([]);
    expect(await command.leftovers()).toEqual([]);
  },
);

test('the gateway does not outlive what started it, though that is killed', async () => {
  const command = await StartCommand.run({ PORT: '0' });
  await command.ready();
  const start = command.processes().find(({ line }) => line.includes('infra/local/start.ts'));
  process.kill(start?.pid ?? Number.NaN, 'SIGKILL');
  await command.ended();
  await expect.poll(() => command.processes(), { timeout: 10_000 }).toEqual([]);
});

test('a port in use is named', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = String(typeof address === 'object' ? address?.port : '');
  const command = await StartCommand.run({ PORT: port });
  expect(await command.ended()).toBe(1);
  expect(command.output.trim()).toBe(`Port ${port} is in use; set PORT to another one.`);
});

test.each([
  [{ PORT: 'http' }, 'PORT has to be a number from 0 to 65535, and is "http".'],
  [{ FLEET: 'all' }, 'FLEET has to be one of chat, paper-partitioned, paper-cohosted, and is "all".'],
])('a wrong setting is named: %j', async (environment, sentence) => {
  const command = await StartCommand.run(environment);
  expect(await command.ended()).toBe(1);
  expect(command.output.trim()).toBe(sentence);
});

test('a scorer that does not exist is what the gateway says it is', async () => {
  const command = await StartCommand.run({ PORT: '0', SCORER: 'dice' });
  expect(await command.ended()).toBe(1);
  expect(command.output).toMatch(/^The gateway is not healthy: /);
  expect(command.output).toMatch(/SCORER.*"dice"/);
});

test('a Node that cannot read TypeScript is told so', () => {
  const options = ['--no-experimental-strip-types', '--import', './infra/local/require-node.mjs'];
  const { status, stderr } = spawnSync(process.execPath, [...options, 'infra/local/start.ts'], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^This needs Node 22\.18 or later, and this is v\d+\.\d+\.\d+\./);
});
