import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { CommandError } from '../../policy/command-line/command-error.ts';
import { parseArguments } from '../../policy/evaluate/arguments.ts';
import { checkSetting, underConditions } from '../../policy/evaluate/evaluation.ts';
import { Fingerprints } from '../../policy/evaluate/fingerprint.ts';
import { loadFleet } from '../../policy/evaluate/load-fleet.ts';
import { Arena } from '../../policy/evaluate/trial.ts';
import { WorkloadError } from '../../policy/workloads/workload-error.ts';
import { fileWith } from '../support/simulate-command.ts';

describe('the command line', () => {
  test.each([
    ['--fleet x', '--workload: missing; see --help'],
    ['--workload x --scorers a', '--fleet: missing; see --help'],
    ['--duration 5', '--duration: only with --fleet, --workload and --scorers'],
    ['--conditions x.json', '--conditions: only with --fleet, --workload and --scorers'],
    ['--availability', '--availability: only with --fleet, --workload and --scorers'],
    ['--fleet x --workload x --scorers a,,b', '--scorers: expected names separated by commas, got "a,,b"'],
    ['--fleet x --workload x --scorers a,a', '--scorers: "a" is given twice'],
    [
      '--fleet x --workload x --scorers a --duration 0',
      '--duration: expected a number above 0 and at most 86400, got "0"',
    ],
    ['--seeds 0', '--seeds: expected a whole number from 1 to 999, got "0"'],
    ['--workers 1.5', '--workers: expected a whole number from 1 to 1000, got "1.5"'],
  ])('%s', (line, message) => {
    expect(() => parseArguments(line.split(' '))).toThrow(new CommandError(message));
  });

  test('nothing at all asks for the standard table with ten seeds', () => {
    expect(parseArguments([])).toMatchObject({ asked: undefined, seeds: 10 });
  });
});

describe('names nobody has', () => {
  const check = (fleet: string, workload: string, scorer: string) => () =>
    checkSetting(new Arena(), { fleet, workload }, { scorers: [scorer], seeds: 1 });

  test('are answered with the known ones', () => {
    expect(check('x', 'storm', 'shadow-price')).toThrow(
      /^no fleet "x"; known: chat, paper-partitioned, paper-cohosted,/,
    );
    expect(check('chat', 'x', 'shadow-price')).toThrow(/^no workload "x": expected stable, storm, surge, /);
    expect(check('chat', 'x', 'shadow-price')).toThrow(WorkloadError);
    expect(check('chat', 'storm', 'x')).toThrow(/^no scorer "x"; known: static-small, /);
    expect(check('chat', 'storm', 'static-large@3')).toThrow(/llama-3\.1-70b needs 4 GPUs, there are 3$/);
    expect(check('chat', 'storm', 'static:x')).toThrow(/chat has no variant x$/);
  });
});

test('a seed without a request is told before anything runs', async () => {
  const rare = { durationS: 2, arrivals: { kind: 'steady', requestsPerSecond: 0.5 } };
  const workload = await fileWith('rare.json', JSON.stringify(rare));
  const check = () =>
    checkSetting(new Arena(), { fleet: 'chat', workload }, { scorers: ['shadow-price'], seeds: 10 });
  expect(check).toThrow(WorkloadError);
  expect(check).toThrow(
    /rare\.json: durationS: with seed \d+ no request arrives within 2 s at 0\.5 per second on average$/,
  );
});

describe('a fleet file', () => {
  const catalogue = 'paper-partitioned';
  const opt = { coefficients: 'A100/opt-125m' };

  test.each([
    ['{"name": 1', /fleet\.json: not JSON: /],
    [
      '{"name": "mine", "hardware": {}, "name": "other"}',
      /fleet\.json: not JSON: "name" is given twice in one object$/,
    ],
    [
      { name: 'mine', catalogue, hardware: {} },
      /fleet\.json: hardware\.small: missing\n.*fleet\.json: hardware\.medium: missing\n/,
    ],
    [
      { name: 'mine', catalogue, hardware: { small: { coefficients: 'A100/gpt-9' } } },
      /fleet\.json: hardware\.small\.coefficients: expected one of A100.*, received "A100\/gpt-9"$/,
    ],
    [
      { name: 'mine', catalogue, hardware: { small: opt, large: opt, huge: opt } },
      /^.*fleet\.json: hardware\.medium: missing\n.*fleet\.json: hardware\.huge: the catalogue has no such variant; it has small,/,
    ],
    [
      { name: 'mine', catalogue: 'constructor', hardware: {} },
      /fleet\.json: catalogue: known: chat, .*, received "constructor"$/,
    ],
    [
      {
        name: 'mine',
        catalogue,
        hardware: { small: { ...opt, kvTokens: 2_050 }, medium: { ...opt, kvTokens: 100 }, large: opt },
      },
      /^.*fleet\.json: hardware\.medium\.kvTokens: expected whole blocks of 16 for the variant's contextTokens, 2048; received 96$/,
    ],
    [
      { name: 'mine', catalogue, hardware: { small: { ...opt, gpus: 0 } } },
      /fleet\.json: hardware\.small\.gpus: .*, received 0$/,
    ],
    [
      { name: 'mine', catalogue: 'x', hardware: {} },
      /fleet\.json: catalogue: known: chat, .*, received "x"$/,
    ],
  ])('%j', async (content, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const file = await fileWith('fleet.json', text);
    expect(() => loadFleet(file)).toThrow(message);
    expect(() => loadFleet(file)).toThrow(CommandError);
  });

  test('that does not exist', () => {
    expect(() => loadFleet('none.json')).toThrow('none.json: no such file');
  });

  describe('with coefficients of its own', () => {
    const rows = [
      'gpu,model,w,c,p,d0,dn,dk,a0,a1,a2,h0,h1,max_num_seqs,max_num_batched_tokens',
      'B200,tiny,1,0.001,1.5,0.1,0,0,0.1,0,0,0.1,0,32,4096',
    ].join('\n');
    const fleetWith = async (coefficients: string, coefficientsFile: string) => {
      const hardware = {
        small: { coefficients },
        medium: { coefficients, maxNumSeqs: 8 },
        large: { coefficients },
      };
      return fileWith('fleet.json', JSON.stringify({ name: 'mine', catalogue, coefficientsFile, hardware }));
    };

    test('takes them, with the limits of the row where it says none itself', async () => {
      const { hardware } = loadFleet(await fleetWith('B200/tiny', await fileWith('rows.csv', rows)));
      expect(hardware.get('small')).toMatchObject({ maxNumSeqs: 32, tokenBudget: 4_096, gpus: 1 });
      expect(hardware.get('medium')).toMatchObject({ maxNumSeqs: 8, coefficients: { name: 'B200/tiny' } });
    });

    test('is known by what is in that file', async () => {
      const file = await fileWith('rows.csv', rows);
      const job = { kind: 'measures', scorer: 'shadow-price', seed: 1 } as const;
      const own = { fleet: await fleetWith('B200/tiny', file), workload: 'storm' };
      const before = new Fingerprints().of({ ...job, setting: own });
      expect(new Fingerprints().of({ ...job, setting: own })).toBe(before);
      await writeFile(file, rows.replace('tiny,1,', 'tiny,2,'));
      expect(new Fingerprints().of({ ...job, setting: own })).not.toBe(before);
    });

    test('names field, file and value where a row or the file is not there', async () => {
      const file = await fleetWith('B200/huge', await fileWith('rows.csv', rows));
      expect(() => loadFleet(file)).toThrow(
        /^\S*fleet\.json: hardware\.small\.coefficients: no row "B200\/huge" in \S*rows\.csv; known: B200\/tiny$/,
      );
      const none = await fleetWith('B200/tiny', 'none.csv');
      expect(() => loadFleet(none)).toThrow(/fleet\.json: coefficientsFile: no such file: \S*none\.csv$/);
      expect(() => loadFleet(none)).toThrow(CommandError);
    });
  });
});

describe('a conditions file', () => {
  const setting = { fleet: 'paper-partitioned', workload: 'storm' };

  test.each([
    ['{"edges": 1', /conditions\.json: not JSON: /],
    [{ edges: 0 }, /conditions\.json: edges: .*, received 0$/],
    [
      { faults: [{ kind: 'outage', endpoint: 'x' }] },
      /conditions\.json: faults\[0\]\.endpoint: expected one of small, medium, large, received "x"$/,
    ],
  ])('%j', async (content, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const file = await fileWith('conditions.json', text);
    expect(() => underConditions(new Arena(), setting, file)).toThrow(message);
    expect(() => underConditions(new Arena(), setting, file)).toThrow(CommandError);
  });

  test('is part of what a run is known by: its content, whatever it is called', async () => {
    const fingerprints = new Fingerprints();
    const keyUnder = async (document: object, name = 'a.json') => {
      const file = await fileWith(name, JSON.stringify(document));
      const { setting: under } = underConditions(new Arena(), setting, file);
      return fingerprints.of({ kind: 'measures', setting: under, scorer: 'shadow-price', seed: 1 });
    };
    const slow = { edgeToLedger: { meanMs: 10 } };
    expect(await keyUnder(slow)).toBe(await keyUnder(slow, 'b.json'));
    expect(await keyUnder(slow)).not.toBe(await keyUnder({ edgeToLedger: { meanMs: 20 } }));
    const ideal = fingerprints.of({ kind: 'measures', setting, scorer: 'shadow-price', seed: 1 });
    expect(await keyUnder(slow)).not.toBe(ideal);
  });

  test('is one of a network’s bytes where a file gives the network', async () => {
    const keyOf = async (bytes: string) => {
      const file = await fileWith('network.onnx', bytes);
      const scorer = `learned:${file}+shedding`;
      const key = new Fingerprints().of({ kind: 'measures', setting, scorer, seed: 1 });
      await writeFile(file, `${bytes} and more`);
      return [key, new Fingerprints().of({ kind: 'measures', setting, scorer, seed: 1 })];
    };
    const [before, after] = await keyOf('some');
    expect(before).not.toBe(after);
  });

  test('that does not exist', () => {
    expect(() => underConditions(new Arena(), setting, 'none.json')).toThrow('none.json: no such file');
  });
});
