import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { closedPort } from '../support/closed-port.ts';
import {
  answerAsAsked,
  type ChatHandler,
  routeAnswer,
  sendJson,
  startFakeGateway,
} from '../support/fake-gateway.ts';
import { type ReplayRun, startReplay } from '../support/replay-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startUpstream } from '../support/upstream.ts';

const header = 'arrival_ms,input_tokens,output_tokens';

describe('npm run replay', () => {
  test('--json prints one document and nothing else; chart and records are written', async () => {
    const gateway = await startFakeGateway({ chat: shedEveryThird() });
    const { run, out } = await replayTrace(`${header}\n0,10,5\n20,40,1\n40,2,3\n`, gateway.url, '--json');
    expect(run.exitCode).toBe(0);
    const document = JSON.parse(run.stdout);
    expect(document).toMatchObject({
      requests: 3,
      shed: 1,
      failed: 0,
      unfinished: 0,
      byVariant: { large: { requests: 2, onTimeShare: 1, utility: 1 } },
      byClass: { standard: { requests: 3 } },
      chart: join(out, 'replay.svg'),
    });
    expect(document.onTimeShare).toBeCloseTo(2 / 3, 3);
    for (const name of ['ttftMs', 'tpotMs', 'e2eMs'])
      expect(Object.keys(document[name])).toEqual(['p50', 'p95', 'p99']);
    expect(await readFile(join(out, 'replay.svg'), 'utf8')).toMatch(/^<svg/);
    expect((await readFile(join(out, 'requests.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(3);
  });

  test('without --json: a table on stdout, progress and warnings on stderr', async () => {
    const gateway = await startFakeGateway();
    const { run } = await replayTrace(`${header}\n0,10,5\n1,2,5\n`, gateway.url);
    expect(run.stdout).toMatch(/standard\s+large\s+2\s+100\.0 %/);
    expect(run.stderr).toContain('sent 2/2');
    expect(run.stderr).toContain('warning: prompts shorter');
  });

  test("a trace's requests go to the gateway's own task, or are spread over the asked ones", async () => {
    const gateway = await startFakeGateway();
    const rows = Array.from({ length: 30 }, (_, index) => `${index},10,1`).join('\n');
    const { run } = await replayTrace(`${header}\n${rows}\n`, gateway.url);
    expect(run.exitCode).toBe(0);
    expect(new Set(gateway.chats.map((chat) => chat.headers['x-task']))).toEqual(new Set(['summary']));
    await replayTrace(`${header}\n${rows}\n`, gateway.url, '--task', 'a,b', '--class', 'interactive');
    const later = gateway.chats.slice(30);
    expect(new Set(later.map((chat) => chat.headers['x-task']))).toEqual(new Set(['a', 'b']));
    expect(new Set(later.map((chat) => chat.body.service_tier))).toEqual(new Set(['priority']));
  });

  test('--speed and --duration choose what is sent', async () => {
    const gateway = await startFakeGateway();
    const rows = `${header}\n0,10,1\n1000,10,1\n5000,10,1\n10000,10,1\n`;
    const { run } = await replayTrace(rows, gateway.url, '--speed', '100', '--duration', '0.06', '--json');
    expect(JSON.parse(run.stdout).requests).toBe(3);
  });

  test('without a trace it makes the same workload for the same seed', async () => {
    const gateway = await startFakeGateway();
    const lengths = async (seed: string) => {
      const before = gateway.chats.length;
      const flags = ['--workload', 'stable', '--rate', '50', '--duration', '0.4', '--seed', seed];
      const replay = await startReplay('--url', gateway.url, ...flags);
      expect((await replay.ended).exitCode).toBe(0);
      return gateway.chats.slice(before).map((chat) => chat.body.messages[0]!.content.length);
    };
    const first = await lengths('1');
    expect(first.length).toBeGreaterThan(5);
    expect((await lengths('1')).sort()).toEqual(first.toSorted());
    expect((await lengths('2')).sort()).not.toEqual(first.toSorted());
  });

  test('Ctrl-C ends it early, with a report of what was seen and exit code 130', async () => {
    const first = Promise.withResolvers<void>();
    const gateway = await startFakeGateway({
      chat: (chat, response) => {
        answerAsAsked(chat, response);
        first.resolve();
      },
    });
    const { started } = await startTrace(`${header}\n0,10,1\n600000,10,1\n`, gateway.url, '--json');
    await first.promise;
    process.kill(started.pid, 'SIGINT');
    const run = await started.ended;
    expect(run.exitCode).toBe(130);
    expect(run.stderr).toMatch(/warning: ended early; .*: [12]\n/);
    expect(JSON.parse(run.stdout).unfinished).toBeGreaterThanOrEqual(1);
  });
});

describe('npm run replay refuses in one sentence', () => {
  test('a bad flag, before anything is started', async () => {
    expect(await failing('--rate', 'fast')).toBe(
      '--rate: expected a number above 0 and at most 100000, got "fast"\n',
    );
  });

  test('a bad trace, with every fault', async () => {
    const { run } = await replayTrace(`${header}\n5,1,1\n4,x,1\n`, 'http://127.0.0.1:1');
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^--trace: 2 faults\n.*trace\.csv:3: arrival_ms: "4" is earlier .*\n.*:3: input_tokens: .* got "x"\n$/,
    );
  });

  test("a task the gateway does not know, in the gateway's words", async () => {
    const { url } = await startUpstream((response, { path, headers }) => {
      if (path === '/v1/route' && headers['x-task'] === undefined)
        return sendJson(response, 200, routeAnswer());
      return sendJson(response, 400, {
        error: { message: 'x-task: no such task; known: summary; received "x"' },
      });
    });
    expect(await failing('--url', url, '--task', 'x', '--rate', '50')).toBe(
      'the gateway refused to say what it would choose: x-task: no such task; known: summary; received "x"\n',
    );
  });

  test('something else that listens there', async () => {
    const { url } = await startUpstream((response) => sendJson(response, 404, { oops: 1 }));
    expect(await failing('--url', url)).toBe(
      `--url: ${url} answers, but not as this gateway does: POST /v1/route gave HTTP 404\n`,
    );
  });

  test('a gateway that wants a key', async () => {
    const { url } = await startUpstream((response) => sendJson(response, 401, { error: { message: 'no' } }));
    expect(await failing('--url', url)).toBe(`--url: ${url} wants a key; set SLUICE_API_KEY\n`);
  });

  test('a folder that cannot be made', async () => {
    expect(await failing('--out', '/dev/null/x')).toMatch(
      /^--out: cannot make the folder "\/dev\/null\/x": /,
    );
  });

  test('an address where nobody listens and no local gateway could', async () => {
    const url = `https://127.0.0.1:${await closedPort()}`;
    expect(await failing('--url', url)).toContain(
      `--url: nothing listens at ${url}, and only a gateway of this machine can be started\n`,
    );
  });
});

async function failing(...args: string[]): Promise<string> {
  const replay = await startReplay(...args);
  const { exitCode, stdout, stderr } = await replay.ended;
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  return stderr;
}

async function startTrace(csv: string, url: string, ...args: string[]) {
  const file = join(await temporaryFolder(), 'trace.csv');
  await writeFile(file, csv);
  return { started: await startReplay('--trace', file, '--url', url, ...args) };
}

async function replayTrace(
  csv: string,
  url: string,
  ...args: string[]
): Promise<{ run: ReplayRun; out: string }> {
  const { started } = await startTrace(csv, url, ...args);
  return { run: await started.ended, out: started.out };
}

function shedEveryThird(): ChatHandler {
  let count = 0;
  return (chat, response) => {
    count++;
    if (count % 3 === 0) sendJson(response, 429, { error: { message: 'no room' } });
    else answerAsAsked(chat, response);
  };
}
