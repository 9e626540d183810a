import { expect, test } from 'vitest';
import { unsendable } from '../../src/gateway/unsendable.ts';
import { limits } from '../../src/limits.ts';

const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

test.each([
  ['{"a":{"b":[1,1e400]}}', 'a.b[1]'],
  ['{"a":-1e999}', 'a'],
  ['{"messages":[{"content":"x\\ud800"}]}', 'messages[0].content'],
  ['{"__proto__":{"a":1e400}}', '__proto__.a'],
  ['1e400', 'body'],
])('%s names %s', (text, path) => {
  expect(unsendable(JSON.parse(text))?.path).toBe(path);
});

test.each(['{"a":[1,"é","😀",null,true,{"b":{}}]}', '"\\ud83d\\ude00"', '[]'])('%s is fine', (text) => {
  expect(unsendable(JSON.parse(text))).toBeUndefined();
});

test('nesting up to the limit is fine, one level more is not', () => {
  expect(unsendable(nested(limits.depth + 1))).toBeUndefined();
  expect(unsendable(nested(limits.depth + 2))?.message).toContain(String(limits.depth));
});

test('nesting far beyond the limit does not exhaust the stack', () => {
  expect(unsendable(nested(1_000_000))?.path).toBe('[0]'.repeat(8));
});
