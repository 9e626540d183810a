import { afterAll, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { bundleProject } from '../bench/gateway/bundle.ts';
import { readProjectConfig } from '../bench/gateway/project-config.ts';
import { startWorkerd } from '../bench/gateway/workerd.ts';
import { exchange, head, open } from '../support/raw-http.ts';
import { smallCatalogue } from '../support/small-catalogue.ts';

// On workerd alone: the proxy of `wrangler dev` answers these by itself, or waits for the rest of the body.
const worker = await startWorkerd(await bundleProject('broken-bodies'), readProjectConfig(), {
  ACCESS: 'open',
  CATALOGUE: JSON.stringify(smallCatalogue),
});
afterAll(() => worker.process.end());

const url = `http://127.0.0.1:${worker.port}`;
const path = '/v1/route';
const text = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello' }] });

test('a whole body is answered', async () => {
  const answer = await exchange(url, head(path, [`content-length: ${text.length}`]) + text);
  expect(answer.status).toBe(200);
});

test.each<[what: string, status: number, code: string, bytes: string]>([
  [
    'a chunk whose length is no number',
    400,
    'incomplete_body',
    `${head(path, ['transfer-encoding: chunked'])}zz\r\n`,
  ],
  [
    'a length besides chunks',
    400,
    'incomplete_body',
    head(path, [`content-length: ${text.length}`, 'transfer-encoding: chunked']) + text,
  ],
  [
    'a length over the limit: nobody waits for the body',
    413,
    'body_too_large',
    `${head(path, [`content-length: ${limits.bodyBytes + 1}`])}{`,
  ],
])('%s', async (_what, status, code, bytes) => {
  const answer = await exchange(url, bytes);
  expect([answer.status, JSON.parse(answer.body).error]).toEqual([
    status,
    expect.objectContaining({ param: 'body', code }),
  ]);
});

test('a client that stops sending in the middle and still listens', async () => {
  const socket = await open(url);
  socket.end(`${head(path, ['content-length: 1000'])}{"model":`);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"code":"incomplete_body"');
});
