import { expect, it } from 'vitest';
import type { ChatChunk } from '../../src/backends/backend.ts';
import type { RequestContext } from '../../src/gateway/context.ts';
import { Grant } from '../../src/gateway/grant.ts';
import { RequestLog } from '../../src/gateway/request-log.ts';
import { StreamMeter } from '../../src/gateway/stream-meter.ts';
import type { Outcome } from '../../src/telemetry/record.ts';
import { observation } from '../support/observations.ts';

const usage = { prompt_tokens: 90, completion_tokens: 7, total_tokens: 97 };
const chunk = { choices: [{ index: 0, delta: { content: 'word' } }] } as ChatChunk;
const promptTokens = 100;
/** What a slow reader gets: a server has put twenty tokens into one delta. */
const merged = { choices: [{ index: 0, delta: { content: 'word'.repeat(20) } }] } as ChatChunk;
const long = { choices: [{ index: 0, delta: { content: ' '.repeat(15) } }] } as ChatChunk;
const pair = { choices: [chunk.choices[0], { ...chunk.choices[0], index: 1 }] } as ChatChunk;
/** Routing's guess, which no key is charged by. */
const guessedPromptTokens = 30;

/** What a key is charged for a request with a prompt of 100 tokens that ends like this. */
function charged(outcome: Outcome, stream: boolean, prepare: (log: RequestLog) => void = () => {}) {
  const settled: (number | undefined)[] = [];
  const grant = new Grant({ keyId: 'k', outputBound: 50, promptTokens }, {}, (tokens) =>
    settled.push(tokens),
  );
  const gateway = { clock: () => 0, records: () => {} };
  const context = { gateway, requestId: 'r', receivedAtMs: 0, grant } as unknown as RequestContext;
  const decision = {
    observation: observation({}, { promptTokens: guessedPromptTokens }),
    decidedBy: { scorer: 'any' },
    scores: [],
    ranking: [],
  };
  const log = new RequestLog(context, decision, stream);
  prepare(log);
  log.write(outcome, 200);
  log.write('failed', 500);
  return settled;
}

const metered = (chunks: number, last?: ChatChunk) => (log: RequestLog) => {
  log.meter = new StreamMeter();
  for (let count = 0; count < chunks; count++) log.meter.pass([chunk], count);
  if (last !== undefined) log.meter.pass([last], chunks);
};

it.each<[how: string, settled: (number | undefined)[], expected: (number | undefined)[]]>([
  ['a whole answer by the endpoint’s count', charged('served', false, (log) => (log.usage = usage)), [97]],
  ['a stream by the endpoint’s count', charged('served', true, metered(3, { choices: [], usage })), [97]],
  ['a stream without one by its chunks', charged('served', true, metered(3)), [103]],
  ['a stream that was left by what was sent', charged('aborted', true, metered(2)), [102]],
  ['many tokens in one event by half their length', charged('aborted', true, metered(0, merged)), [110]],
  ['a long token in one event as one', charged('aborted', true, metered(0, long)), [101]],
  ['the tokens of two choices in one event', charged('aborted', true, metered(0, pair)), [102]],
  ['a stream that broke by what was sent', charged('failed', true, metered(4)), [104]],
  ['a stream left before its first token by its prompt', charged('aborted', true, metered(0)), [100]],
  ['a whole answer without a count as it was reserved', charged('served', false), [undefined]],
  ['a whole answer that was left as it was reserved', charged('aborted', false), [undefined]],
  ['an answer that never began with nothing', charged('failed', true, metered(0)), [0]],
  ['a request that was shed with nothing', charged('shed', false), [0]],
])('a key is charged once: %s', (_how, settled, expected) => {
  expect(settled).toEqual(expected);
});
