import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseArguments } from '../../infra/access/arguments.ts';
import { createAdminToken, formatKey } from '../../src/access/api-key.ts';

const environment = {
  ADMIN_TOKEN: formatKey(createAdminToken()),
  GATEWAY_URL: 'https://gateway.sluice.test',
};
const values: Readonly<Record<string, string>> = { ID: '0123456789ab', N: '1', NAME: 'search' };

test.each(['README.md', 'docs/operations.md'])('%s administers keys by commands as they are', (path) => {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const commands = [...text.matchAll(/npm run keys -- ([^`#\n]+)/g)].map(([, command]) => command!.trim());
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) {
    const args = command.split(' ').map((word) => values[word] ?? word);
    expect(() => parseArguments(args, environment), command).not.toThrow();
  }
});
