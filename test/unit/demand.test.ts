import { describe, expect, it } from 'vitest';
import { type ChatRequest, parseChatRequest } from '../../src/gateway/chat-request.ts';
import { demandOf } from '../../src/gateway/demand.ts';
import { request as routing } from '../support/observations.ts';

const text = 'x'.repeat(4_000);

function promptTokens(fields: object): number {
  const body = { model: 'auto', messages: [{ role: 'user', content: 'hi' }], ...fields };
  return demandOf(parseChatRequest(body) as ChatRequest, routing({ promptTokens: 1 })).promptTokens;
}

describe('what a request may take', () => {
  it.each<[where: string, fields: object]>([
    ['a message', { messages: [{ role: 'user', content: text }] }],
    ['a part of one', { messages: [{ role: 'user', content: [{ type: 'text', text }] }] }],
    ['a field of the model’s own', { messages: [{ role: 'assistant', reasoning_content: text }] }],
    [
      'the arguments of a call',
      { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: text } }] }] },
    ],
    ['a tool', { tools: [{ type: 'function', function: { name: 'f', description: text } }] }],
    ['a document, for templates that take some', { documents: [{ title: 'a', text }] }],
    ['a schema', { response_format: { type: 'json_schema', json_schema: { description: text } } }],
  ])('counts text in %s', (_where, fields) => {
    expect(promptTokens(fields)).toBeGreaterThanOrEqual(1_000);
    expect(promptTokens(fields)).toBeLessThan(1_020);
  });

  it('counts nothing that no model reads', () => {
    const fields = { user: text, stop: [text], metadata: { note: text }, service_tier: 'priority' };
    expect(promptTokens(fields)).toBeLessThan(10);
  });

  it('counts a character of another script as a token', () => {
    expect(promptTokens({ messages: [{ role: 'user', content: '水'.repeat(500) }] })).toBe(501);
  });

  it.each([
    { type: 'image_url', image_url: { url: `data:image/png;base64,${text}` } },
    { type: 'video_url', video_url: { url: `data:video/mp4;base64,${text}` } },
    { type: 'audio_url', audio_url: { url: `data:audio/wav;base64,${text}` } },
    { type: 'input_audio', input_audio: { data: text, format: 'wav' } },
    { type: 'file', file: { file_data: text } },
  ])('takes no $type for text', (part) => {
    expect(promptTokens({ messages: [{ role: 'user', content: [part] }] })).toBeLessThan(10);
  });

  it('is never less than routing expects', () => {
    const body = parseChatRequest({ model: 'auto', messages: [{ role: 'user', content: 'hi' }] });
    expect(demandOf(body, routing({ promptTokens: 765 })).promptTokens).toBe(765);
  });

  it('takes the larger of two bounds on the output', () => {
    const body = { model: 'auto', messages: [{ role: 'user', content: 'hi' }], n: 3 };
    const bounds = { max_tokens: 900, max_completion_tokens: 10 };
    expect(demandOf(parseChatRequest({ ...body, ...bounds }), routing())).toMatchObject({
      answers: 3,
      maxOutputTokens: 900,
    });
    expect(demandOf(parseChatRequest(body), routing()).maxOutputTokens).toBeUndefined();
  });
});
