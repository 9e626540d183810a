import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { adminToken, keysRequired, showing } from '../support/access.ts';
import { everyBackend } from '../support/every-backend.ts';
import { startGateway } from '../support/gateway.ts';

const gateway = await startGateway({
  ...everyBackend,
  variables: { ...everyBackend.variables, ...keysRequired },
});
afterAll(gateway.stop);

const program = fileURLToPath(new URL('../../infra/access/main.ts', import.meta.url));
const run = promisify(execFile);

/** What `npm run keys` prints, and where. */
async function keys(args: string, variables: object = { ADMIN_TOKEN: adminToken }) {
  const env = { ...process.env, GATEWAY_URL: gateway.url, ...variables };
  const result = run(process.execPath, [program, ...args.split(' ')], { env });
  return await result.catch((error: { stdout: string; stderr: string }) => error);
}

const statusWith = async (key: string) =>
  (await fetch(`${gateway.url}/v1/models`, { headers: showing(key) })).status;

test('makes a key, shows it once, rotates and revokes it', async () => {
  const limits = '--requests-per-minute 50 --tokens-per-day 9000 --variants openai --classes standard,batch';
  const made = await keys(`create --name search --expires-days 1 ${limits}`);
  const key = /^sl_\S+$/m.exec(made.stdout)![0];
  const id = key.split('_')[1]!;
  expect(await statusWith(key)).toBe(200);

  const listed = await keys('list');
  expect(listed.stdout).toMatch(new RegExp(`^${id}  search  active  .*1 of 50 .*0 of 9000`, 'm'));
  expect(listed.stdout).not.toContain(key);

  const rotated = JSON.parse((await keys(`rotate --id ${id} --grace-hours 1 --json`)).stdout);
  expect([await statusWith(rotated.key), await statusWith(key)]).toEqual([200, 200]);
  const again = JSON.parse((await keys(`rotate --id ${id} --json`)).stdout);
  expect([await statusWith(again.key), await statusWith(rotated.key), await statusWith(key)]).toEqual([
    200, 401, 401,
  ]);

  expect(JSON.parse((await keys(`revoke --id ${id} --json`)).stdout)).toMatchObject({ id, state: 'revoked' });
  expect(await statusWith(again.key)).toBe(401);
});

test('makes the token of the administration, and the hash it is known by', async () => {
  const made = JSON.parse((await keys('admin-token --json', {})).stdout);
  expect(made).toEqual({
    adminToken: expect.stringMatching(/^sl_admin_[\w-]{43}$/),
    hash: expect.stringMatching(/^[0-9a-f]{32}:[0-9a-f]{64}$/),
  });
  expect((await keys('admin-token', {})).stdout).toMatch(
    /^ {2}ADMIN_TOKEN_HASH=[0-9a-f]{32}:[0-9a-f]{64} npm run deploy -- --env ENV$/m,
  );
});

describe('says in a sentence what is wrong, and repeats no secret', () => {
  const wrongToken = `sl_admin_${'w'.repeat(43)}`;
  test.each<[args: string, variables: object, sentence: RegExp]>([
    ['list', { ADMIN_TOKEN: '' }, /^ADMIN_TOKEN: missing/],
    ['list', { ADMIN_TOKEN: `${adminToken}\n.` }, /^ADMIN_TOKEN: is none/],
    ['list', { ADMIN_TOKEN: wrongToken }, /^ADMIN_TOKEN: .* does not know it$/],
    ['lost', {}, /^no such command: lost; known: /],
    ['create', { ADMIN_TOKEN: adminToken }, /^--name: missing/],
    ['create --name x --tokens-per-day 0', { ADMIN_TOKEN: adminToken }, /^--tokens-per-day: expected/],
    ['create --name x --variants gone', { ADMIN_TOKEN: adminToken }, /refuses: variants: no such variant/],
    ['create --name x --classes fast', { ADMIN_TOKEN: adminToken }, /refuses: classes/],
    ['revoke --id 0123456789ab', { ADMIN_TOKEN: adminToken }, /refuses: no key that is in use/],
    [`revoke --id sl_0123456789ab_${'s'.repeat(43)}`, { ADMIN_TOKEN: adminToken }, /^--id: expected/],
    [
      'list --gateway http://gateway.example.com',
      { ADMIN_TOKEN: adminToken },
      /^--gateway: must begin with https/,
    ],
    ['list --gateway http://127.0.0.1:9', { ADMIN_TOKEN: adminToken }, /^--gateway: no answer from/],
  ])('%s', async (args, variables, sentence) => {
    const { stdout, stderr } = await keys(args, variables);
    expect(stdout).toBe('');
    expect(stderr.trim()).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toMatch(/wwww|ssss/);
    expect(stderr).not.toContain(adminToken);
  });
});
