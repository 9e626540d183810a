import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readArtifact } from '../../policy/rivals/read-artifact.ts';
import { fileWith } from '../support/simulate-command.ts';

const schema = z.strictObject({ weight: z.number() });

describe('an artifact', () => {
  test('is what its schema makes of it', async () => {
    expect(readArtifact(await fileWith('a.json', '{"weight": 2}'), schema)).toEqual({ weight: 2 });
  });

  test('that was never written is none', () => {
    expect(readArtifact('/nowhere/a.json', schema)).toBeUndefined();
  });

  test.each([
    ['{"weight"', /a\.json: SyntaxError: /],
    ['{"weight": "2"}', /a\.json: [\s\S]*expected number[\s\S]*weight/],
    ['{"weight": 2, "size": 1}', /a\.json: [\s\S]*size/],
  ])('%s is refused by file and field', async (text, message) => {
    const file = await fileWith('a.json', text);
    expect(() => readArtifact(file, schema)).toThrow(message);
  });
});
