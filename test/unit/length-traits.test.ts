import { describe, expect, it } from 'vitest';
import { parseChatRequest } from '../../src/gateway/chat-request.ts';
import { readLengthTraits } from '../../src/gateway/length-traits.ts';
import { toRoutingRequest } from '../../src/gateway/routing-request.ts';
import { catalogue } from '../support/small-catalogue.ts';

const question = { role: 'user', content: 'What is the capital of France? Answer in one word.' };

function traits(body: object, headers: Record<string, string> = {}) {
  const request = parseChatRequest({ model: 'auto', messages: [question], ...body });
  return readLengthTraits(request, new Headers(headers));
}

describe('what may tell the length of an answer', () => {
  it('is the user the client names, else the key it calls with', () => {
    const key = { authorization: 'Bearer secret' };
    expect(traits({ user: 'a' }, key).client).toBe(traits({ user: 'a' }).client);
    expect(traits({ safety_identifier: 'a', user: 'b' }).client).toBe(traits({ user: 'a' }).client);
    expect(traits({ user: 'a' }).client).not.toBe(traits({ user: 'b' }).client);
    expect(traits({}, key).client).not.toBe(traits({}, { authorization: 'Bearer other' }).client);
    expect(traits({}).client).toBeUndefined();
  });

  it('is the beginning of the system prompt, whatever is filled in further down', () => {
    const withPrompt = (content: string) => traits({ messages: [{ role: 'system', content }, question] });
    const template = 'You summarise support tickets for engineers. '.repeat(10);
    expect(withPrompt(`${template}Ticket 1`).template).toBe(withPrompt(`${template}Ticket 2`).template);
    expect(withPrompt(template).template).not.toBe(withPrompt('You write novels.').template);
    expect(traits({}).template).toBeUndefined();
  });

  it('is how the last question begins and ends, whatever stands between and however it is written', () => {
    const asked = (content: unknown) => traits({ messages: [question, { role: 'user', content }] });
    const one = asked('Summarise this: the cat sat on the mat and slept. Be very brief.');
    const other = asked([
      { type: 'text', text: 'summarise THIS, the dog sat on the sofa and slept! Be very brief' },
    ]);
    expect([other.opening, other.ending]).toEqual([one.opening, one.ending]);
    const third = asked('Explain this: the cat sat on the mat and slept. Be thorough.');
    expect(third.opening).not.toBe(one.opening);
    expect(third.ending).not.toBe(one.ending);
  });

  it('is the form the answer must have, and the turns so far', () => {
    expect(traits({}).format).toBeUndefined();
    const schema = traits({ response_format: { type: 'json_object' } });
    expect(schema.format).not.toBe(traits({ reasoning_effort: 'high' }).format);
    expect(traits({ messages: [question, question] }).turns).toBe(2);
  });

  it('no text of the request, nor its key, is part of what routing gets', () => {
    const body = { model: 'auto', user: 'jane@example.com', messages: [question] };
    const headers = new Headers({ authorization: 'Bearer top-secret-key' });
    const routing = toRoutingRequest(parseChatRequest(body), headers, catalogue, undefined);
    expect(JSON.stringify(routing)).not.toMatch(/jane|secret|capital|word/i);
    expect(routing.lengthSlots!.every(Number.isInteger)).toBe(true);
  });
});
