import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';

const modules = ['interruptible.ts', 'command-error.ts'].map(
  (name) => new URL(`../../policy/command-line/${name}`, import.meta.url).href,
);

/** A command that says that it has begun, and goes on until it is stopped. */
const source = `
import { runInterruptible } from '${modules[0]}';
import { CommandError } from '${modules[1]}';
await runInterruptible({
  usage: 'how to use it',
  parse: ([word]) => {
    if (word === 'wrong') throw new CommandError('--flag: wrong');
    return word;
  },
  run: async (word, signal) => {
    if (word === 'short') return 'the result';
    const alive = setInterval(() => {}, 1_000);
    process.stderr.write('began');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    process.stderr.write(', stops, ');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    clearInterval(alive);
    process.stdin.destroy();
  },
  goingOn: 'again',
});`;

function start(word: string) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source, '--', 'command', word]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return {
    child,
    ended: ended.then(([[exitCode], stdout, stderr]) => ({ exitCode, stdout, stderr })),
  };
}

test.each([
  ['short', { exitCode: 0, stdout: 'the result', stderr: '' }],
  ['help', { exitCode: 0, stdout: 'how to use it', stderr: '' }],
  ['wrong', { exitCode: 1, stdout: '', stderr: '--flag: wrong\n' }],
])('a command that is told "%s" ends as it should', async (word, ending) => {
  expect(await start(word).ended).toEqual(ending);
});

test('a command that is stopped ends in its own time, though npm passes on what the terminal has sent', async () => {
  const { child, ended } = start('long');
  await once(child.stderr, 'data');
  child.kill('SIGINT');
  await once(child.stderr, 'data');
  child.kill('SIGINT');
  child.stdin.end('now');
  expect(await ended).toEqual({ exitCode: 130, stdout: '', stderr: 'began, stops, stopped; again\n' });
});
