import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/gateway/api-error.ts';
import { parseChatRequest } from '../../src/gateway/chat-request.ts';
import { toRoutingRequest } from '../../src/gateway/routing-request.ts';
import { observation } from '../support/observations.ts';
import { catalogue } from '../support/small-catalogue.ts';

const routingOf = (content: string, fields: object = {}) => {
  const request = parseChatRequest({ model: 'auto', messages: [{ role: 'user', content }], ...fields });
  return toRoutingRequest(request, new Headers(), catalogue, undefined);
};
/** The large variant has a context of 8,000 tokens, the small ones of 4,000. */
const masks = (content: string, fields?: object) =>
  observation({}, routingOf(content, fields)).actions.map(({ masked }) => masked);

describe('a long prompt', () => {
  it('goes where its estimated length fits', () => {
    expect(masks('x'.repeat(4 * 3_000))).toEqual([undefined, undefined, undefined]);
    expect(masks('x'.repeat(4 * 5_000))).toEqual([undefined, 'context-too-short', 'context-too-short']);
  });

  it('whose estimate fits nowhere is left to the model servers that may find it short enough', () => {
    expect(masks('x'.repeat(4 * 9_000))).toEqual([undefined, 'context-too-short', 'context-too-short']);
    expect(routingOf('x'.repeat(4 * 9_000)).promptTokens).toBe(9_000);
  });

  it('is refused when even the longest tokens would not make it fit', () => {
    const refused = (content: string, fields?: object) => {
      try {
        return routingOf(content, fields);
      } catch (error) {
        return error instanceof ApiError
          ? { status: error.status, param: error.param, code: error.code }
          : error;
      }
    };
    const exceeded = { status: 400, code: 'context_length_exceeded' };
    expect(refused('x'.repeat(8 * 8_000))).toEqual({ ...exceeded, param: 'messages' });
    expect(refused('x'.repeat(8 * 3_000), { max_tokens: 6_000 })).toEqual({
      ...exceeded,
      param: 'max_tokens',
    });
  });
});
