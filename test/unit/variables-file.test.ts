import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { unstable_getVarsForDev } from 'wrangler';
import { writeVariables } from '../../infra/local/variables-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('wrangler reads every variable as it was, and nobody else reads the file', async () => {
  const variables = {
    VLLM_KEY: `it's-$HOME-\${HOME}-"secret"`,
    CATALOGUE: '{\n  "baseUrl": "$VLLM_URL/v1", "note": "a\\nb #1 `" }',
    SCORER: '',
  };
  const path = writeVariables(await temporaryFolder(), variables);
  const read = unstable_getVarsForDev(dirname(path), [path], { ACCESS: 'open', SCORER: 'learned' }, 'local');
  const values = Object.fromEntries(Object.entries(read).map(([name, { value }]) => [name, value]));
  expect(values).toEqual({ ACCESS: 'open', ...variables });
  expect(statSync(path).mode & 0o077).toBe(0);
});

test('a value that no such file can hold is named', async () => {
  const folder = await temporaryFolder();
  expect(() => writeVariables(folder, { VLLM_KEY: `'"\`` })).toThrow(/^VLLM_KEY has quotation marks/);
});
