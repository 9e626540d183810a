import { forAPerson } from '../../policy/command-line/for-a-person.ts';
import { type Column, renderTable } from '../../policy/report/table.ts';
import { createAdminToken, formatKey } from '../../src/access/api-key.ts';
import { formatSaltedHash, saltedHash } from '../../src/access/salted-hash.ts';
import { administer, type ListedKey } from './administer.ts';
import { type Administration, parseArguments, usage } from './arguments.ts';

/** `npm run keys`: makes, lists, revokes and rotates the keys of a gateway. */
async function main(): Promise<void> {
  const command = parseArguments(process.argv.slice(2), process.env);
  if (command === 'help') process.stdout.write(usage);
  else if (command.kind === 'admin-token') await printAdminToken(command.json);
  else await run(command);
}

async function printAdminToken(json: boolean): Promise<void> {
  const token = createAdminToken();
  const [adminToken, hash] = [formatKey(token), formatSaltedHash(await saltedHash(token.secret))];
  if (json) print({ adminToken, hash });
  else
    process.stdout.write(
      `ADMIN_TOKEN=${adminToken}\nADMIN_TOKEN_HASH=${hash}\n\n` +
        'Keep the first; this is the only time it is shown. The second is for the gateway:\n' +
        `  ADMIN_TOKEN_HASH=${hash} npm run deploy -- --env ENV\n`,
    );
}

async function run(command: Administration): Promise<void> {
  const { document, keys } = await administer(command);
  if (command.json) return print(document);
  process.stdout.write(`${table(keys)}\n`);
  const [key] = keys;
  if (key?.key !== undefined)
    process.stdout.write(`\n${key.key}\n\nThis is the only time the key is shown.\n`);
}

function print(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

const columns: readonly Column[] = [
  { heading: 'id', align: 'left' },
  { heading: 'name', align: 'left' },
  { heading: 'state', align: 'left' },
  { heading: 'expires', align: 'left' },
  { heading: 'requests\nlast minute', align: 'right' },
  { heading: 'tokens\nlast minute', align: 'right' },
  { heading: 'tokens\ntoday', align: 'right' },
  { heading: 'tokens\nthis month', align: 'right' },
];

function table(keys: readonly ListedKey[]): string {
  const rows = keys.map(({ id, name, state, expiresAt, usage: used, policy: { limits } }) => [
    id,
    name,
    state,
    expiresAt?.slice(0, 10) ?? 'never',
    usedOf(used.requestsLastMinute, limits.requestsPerMinute),
    usedOf(used.tokensLastMinute, limits.tokensPerMinute),
    usedOf(used.tokensToday, limits.tokensPerDay),
    usedOf(used.tokensThisMonth, limits.tokensPerMonth),
  ]);
  return renderTable(columns, rows);
}

function usedOf(used: number | undefined, limit: number | undefined): string {
  return limit === undefined ? `${used}` : `${used} of ${limit}`;
}

try {
  await main();
} catch (error) {
  console.error(forAPerson(error));
  process.exitCode = 1;
}
