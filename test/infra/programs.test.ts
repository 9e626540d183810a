import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { installedPrograms, program } from '../../infra/provisioning/programs.ts';
import { succeed } from '../../infra/provisioning/succeed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('a program gets its arguments, its input and its variables, and gives back what it printed', async () => {
  const script = join(await temporaryFolder(), 'echo.mjs');
  writeFileSync(
    script,
    `import { text } from 'node:stream/consumers';
     console.log(process.argv[2], await text(process.stdin), process.env.SHADE);
     console.error('hm');
     process.exit(3);`,
  );
  const run = program([process.execPath, script]);
  expect(await run(['first'], { input: 'secret', env: { SHADE: 'blue' } })).toEqual({
    code: 3,
    stdout: 'first secret blue\n',
    stderr: 'hm\n',
  });
  await expect(succeed('echo', run, ['a', 'b', 'c'], { input: 'secret' })).rejects.toThrow(
    /^echo a b failed:\nhm$/,
  );
});

it('the CDK that the project installs reads what the library it installs writes', async () => {
  const out = join(await temporaryFolder(), 'out');
  const { code, stderr } = await installedPrograms().cdk(
    ['synth', '--quiet', '--no-notices', '--output', out, '--app', `"${process.execPath}" infra/aws/app.ts`],
    { env: { DEPLOY_ENVIRONMENT: 'staging', CDK_DISABLE_CLI_TELEMETRY: 'true' } },
  );
  expect(code, stderr).toBe(0);
}, 120_000);
