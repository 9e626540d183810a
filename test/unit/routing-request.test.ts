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

describe('what a request asks beyond one answer in plain text', () => {
  it('is left to the variants that can do it', () => {
    const unable = [undefined, undefined, 'lacks-ability'];
    expect(masks('hi', { n: 1, logprobs: false })).toEqual([undefined, undefined, undefined]);
    expect(masks('hi', { n: 2 })).toEqual(unable);
    expect(masks('hi', { logprobs: true })).toEqual(unable);
    expect(masks('hi', { response_format: { type: 'json_object' } })).toEqual(unable);
  });

  it('is refused where none can, by what it takes', () => {
    const withPart = (type: string) => () =>
      routingOf('hi', { messages: [{ role: 'user', content: [{ type }] }] });
    expect(withPart('image_url')).toThrow('no variant of it can do images');
    expect(withPart('input_audio')).toThrow('no variant of it can do audio');
    expect(withPart('audio_url')).toThrow('no variant of it can do audio');
    expect(withPart('video_url')).toThrow('no variant of it can do video');
    expect(withPart('file')).toThrow('no variant of it can do files');
    expect(withPart('constructor')).not.toThrow();
  });
});

describe('a floor that no variant reaches', () => {
  it('is told how far they go', () => {
    const asking = (header: string, value: string) => () =>
      toRoutingRequest(
        parseChatRequest({ model: 'auto', messages: [{ role: 'user', content: 'hi' }] }),
        new Headers({ [header]: value }),
        catalogue,
        undefined,
      );
    expect(asking('x-min-quality', '1')).toThrow('the best has quality 0.9 on chat; received 1');
    expect(asking('x-litellm-min-quality-tier', '9')).toThrow('the best is of tier 3; received 9');
  });
});

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
