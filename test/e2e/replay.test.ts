import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closedPort } from '../support/closed-port.ts';
import { startReplay } from '../support/replay-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A second of a busy trace: 40 requests of the lengths people chat at. */
const trace = [
  'arrival_ms,input_tokens,output_tokens',
  ...Array.from({ length: 40 }, (_, index) => `${index * 25},${100 + index * 37},${8 + (index % 5) * 12}`),
].join('\n');

test('a trace through the real gateway and fleet, both started by the command', async () => {
  const file = join(await temporaryFolder(), 'trace.csv');
  await writeFile(file, trace);
  const url = `http://127.0.0.1:${await closedPort()}`;
  const replay = await startReplay('--trace', file, '--url', url, '--task', 'mmlu,gsm8k', '--json');
  const { exitCode, stdout, stderr } = await replay.ended;

  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('starting a gateway'),
  });
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ requests: 40, failed: 0, unfinished: 0 });
  // Every answer was as long as the trace says, or the replay would have warned.
  expect(stderr).not.toContain('not as long as recorded');
  const variants = Object.keys(document.byVariant);
  expect(['llama-3.1-70b', 'llama-3.1-8b', 'llama-3.2-3b', 'llama-3.2-1b']).toEqual(
    expect.arrayContaining(variants),
  );
  // Generous: how fast this machine is must not decide. That latencies are those of the GPUs is the fleet's own test.
  expect(document.onTimeShare).toBeGreaterThan(0.5);
  expect(document.utility).toBeGreaterThan(0.4);
  expect(document.e2eMs.p50).toBeGreaterThan(document.ttftMs.p50);
  await expect(fetch(url)).rejects.toThrow();
});

test('Ctrl-C while the gateway starts ends both, and reports nothing', async () => {
  const url = `http://127.0.0.1:${await closedPort()}`;
  const replay = await startReplay('--url', url, '--duration', '5', '--json');
  await replay.says('starting a gateway');
  process.kill(replay.pid, 'SIGINT');
  const { exitCode, stdout, stderr } = await replay.ended;
  expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
  expect(stderr.trim()).toBe(`nothing listens at ${url}: starting a gateway there`);
});
