import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { commonHeaders, preflightHeaders } from '../../src/gateway/answer-headers.ts';

const origins = new Set(['https://app.example.com']);
const headersFor = (url: string, origin?: string) =>
  commonHeaders(new Request(url, origin === undefined ? {} : { headers: { origin } }), origins);

test('who came encrypted is told to stay so, and only who did', () => {
  expect(headersFor('https://gateway.example.com/healthz')['strict-transport-security']).toMatch(
    /^max-age=\d{8}/,
  );
  expect(headersFor('http://127.0.0.1:8787/healthz')).not.toHaveProperty('strict-transport-security');
});

test('a page’s origin is allowed by name, never by a pattern or all at once', () => {
  const allowed = (origin: string) =>
    headersFor('https://gateway.example.com/', origin)['access-control-allow-origin'];
  expect(allowed('https://app.example.com')).toBe('https://app.example.com');
  for (const origin of ['https://app.example.com.evil.example', 'http://app.example.com', 'null', '*'])
    expect(allowed(origin)).toBeUndefined();
});

test('a page that may call may do so with the official client', async () => {
  const sent: string[] = [];
  const client = new OpenAI({
    apiKey: 'key',
    baseURL: 'https://gateway.example.com/v1',
    fetch: async (_url, init) => {
      sent.push(...new Headers(init?.headers).keys());
      return Response.json({ data: [] });
    },
  });
  await client.models.list({ headers: { 'x-task': 'chat', 'x-llm-d-slo-ttft-ms': '100' } });
  expect(sent).toEqual(expect.arrayContaining(['authorization', 'x-stainless-lang', 'x-llm-d-slo-ttft-ms']));
  const allowed = preflightHeaders['access-control-allow-headers']!.split(', ');
  // The rule of browsers, as far as it is needed here: `*` names all but one.
  const mayBeSent = (name: string) =>
    allowed.includes(name) || (allowed.includes('*') && name !== 'authorization');
  expect(sent.filter((name) => !mayBeSent(name))).toEqual([]);
});
