import { expect, test } from 'vitest';
import { parseChatRequest } from '../../src/gateway/chat-request.ts';

test.each([
  ['a value', 1, 'model: Invalid input: expected string, received 1'],
  ['a list', ['a'], 'model: Invalid input: expected string, received ["a"]'],
  ['nothing', undefined, 'model: Invalid input: expected string, received nothing'],
])('a field of the wrong type is named with what was received, once: %s', (_received, model, message) => {
  const parse = () => parseChatRequest({ model, messages: [{ role: 'user', content: 'hi' }] });
  expect(parse).toThrow(expect.objectContaining({ message }));
});
