import { describe, expect, it } from 'vitest';
import type { BackendCall } from '../../src/backends/backend.ts';
import { payloadFor } from '../../src/backends/payload.ts';
import { parseChatRequest } from '../../src/gateway/chat-request.ts';
import { demandOf } from '../../src/gateway/demand.ts';
import { Grant } from '../../src/gateway/grant.ts';
import type { Variant } from '../../src/routing/catalogue.ts';
import { observation, request as routing } from '../support/observations.ts';

const anyVariant = observation().actions[0]!.variant;

function sentBound(promptTokens: number, outputBound: number | undefined, of: Partial<Variant> = {}) {
  const variant = { ...anyVariant, contextTokens: 8_192, ...of };
  const grant = new Grant({ keyId: 'k', outputBound, promptTokens }, {}, () => {});
  return grant.bound(variant).parameters.maxOutputTokens;
}

describe('the bound on the output of one answer', () => {
  it('is the key’s where the context holds it', () => {
    expect(sentBound(8_092, 100)).toBe(100);
  });

  it('is what the context has left where that is less, and never nothing', () => {
    expect(sentBound(8_142, 100)).toBe(50);
    expect(sentBound(8_192, 100)).toBe(1);
    expect(sentBound(50_000, 100)).toBe(1);
  });

  it('is the variant’s own where that is the tightest', () => {
    expect(sentBound(10, 100, { parameters: { maxOutputTokens: 7 } })).toBe(7);
  });

  it('is absent for a key without one', () => {
    expect(sentBound(50_000, undefined)).toBeUndefined();
  });

  it('is sent with a request that makes its prompt look longer than the context', () => {
    const messages = [{ role: 'user', content: 'hi', junk: 'x'.repeat(32_768) }];
    const body = parseChatRequest({ model: 'auto', messages, n: 16 });
    const { promptTokens } = demandOf(body, routing({ promptTokens: 1 }));
    const variant = { ...anyVariant, contextTokens: 8_192 };
    const grant = new Grant({ keyId: 'k', outputBound: 100, promptTokens }, {}, () => {});
    const call = { body, variant: grant.bound(variant) } as unknown as BackendCall;
    expect(payloadFor(call, { stream: false })).toMatchObject({ n: 16, max_tokens: 1 });
  });
});
