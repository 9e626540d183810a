import { afterAll, describe, expect, test } from 'vitest';
import { eventsOf, post, routeOf, startGateway } from '../support/gateway.ts';
import { routingFixture } from '../support/routing-fixture.ts';

const gateway = await startGateway({
  ...routingFixture([]),
  variables: { SCORER: JSON.stringify({ kind: 'learned', runtime: 'onnx' }) },
});
afterAll(gateway.stop);

const messages = [{ role: 'user', content: 'Answer in exactly 6 tokens.' }];
const ask = (stream: boolean) =>
  post(gateway.url, '/v1/chat/completions', { model: 'auto', messages, stream });

describe('the learned policy, by onnxruntime-web in the request path', () => {
  test('decides for whole answers and for streams', async () => {
    const whole = await ask(false);
    expect(whole.headers.get('x-route-reason')).toBe('learned:first-choice');
    const stream = await ask(true);
    expect(stream.headers.get('x-route-reason')).toBe('learned:first-choice');
    expect((await eventsOf(stream)).at(-1)).toBe('[DONE]');
  });

  test('says how it scored', async () => {
    const { scorer, ranking } = await routeOf(gateway.url, { model: 'auto', messages });
    expect(scorer).toBe('learned');
    for (const { score } of ranking) expect(score).toBeTypeOf('number');
  });

  test('decides for all of many requests that come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index % 2 === 0)));
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-route-reason')).toMatch(/^learned:(first-choice|next-best)$/);
      await answer.text();
    }
  });
});
