import { describe, expect, it } from 'vitest';
import { duplicateField } from '../../src/platform/duplicate-field.ts';

describe('duplicateField', () => {
  it.each([
    ['{"a":1,"b":2,"a":3}', 'a'],
    ['{"a":{"b":1,"b":2}}', 'a.b'],
    ['{"m":[{"x":1},{"x":1,"y":[[1],[2]],"x":2}]}', 'm[1].x'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"":1,"":2}', ''],
    ['[{"a":1},{"a":1,"a":1}]', '[1].a'],
    ['{"a\\"b":1,"a\\"b":1}', 'a"b'],
    ['{"a\\\\":1,"a\\\\":1}', 'a\\'],
  ])('%s: %j', (text, path) => {
    expect(duplicateField(text)).toBe(path);
  });

  it.each([
    '{}',
    '[]',
    '"a"',
    '{"a":"b","b":"a"}',
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
    '{"a":"{\\"b\\":1,\\"b\\":2}","c":"\\\\"}',
    '{"a":[1,2,"a","a"],"b":"a"}',
    '{ "a" : 1 ,\n "b" : [ { } , { "a" : [ ] } ] , "c" : null }',
  ])('%s: none', (text) => {
    expect(duplicateField(text)).toBeUndefined();
  });
});
