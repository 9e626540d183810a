import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compete } from '../../policy/arena/contender.ts';
import type { Fleet } from '../../policy/arena/fleet.ts';
import { type ParameterValues, startValues, tunableNames, tunables } from '../../policy/rivals/tunable.ts';
import { readTuned } from '../../policy/rivals/tuned.ts';
import { scenarioOf } from '../../policy/train/scenarios/scenario.ts';
import { parseArguments } from '../../policy/tune/arguments.ts';
import { StateFile } from '../../policy/tune/state-file.ts';
import { type TuneOptions, tune } from '../../policy/tune/tune.ts';
import { tuneOnScenario } from '../../policy/tune/tune-on-scenario.ts';
import { storeTuned } from '../../policy/tune/tuned-store.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const task = {
  scorer: 'in-flight-caps',
  fleet: 'paper-partitioned',
  workload: 'surge',
  durationMs: 3_000,
} as const;
const options: TuneOptions = { task, seed: 3, iterations: 3, population: 5, seeds: 2, workers: 2 };

describe('tuning', () => {
  it('gives the same result on one thread and on two, and one that is better than none', async () => {
    const result = await tune(options);
    expect(await tune({ ...options, workers: 1 })).toEqual(result);
    expect(result).toMatchObject({
      scorer: 'in-flight-caps',
      fleet: 'paper-partitioned',
      workload: 'surge',
      models: ['opt-6.7b', 'opt-1.3b', 'opt-125m'],
      search: { seed: 3, trainingSeeds: [1_000_000, 1_000_001], durationS: 3 },
    });
    const { untuned, tuned } = result!.trainingUtility;
    expect(tuned).toBeGreaterThan(untuned);
  });

  it('ends with no less than what was known', async () => {
    const { parameters, trainingUtility } = (await tune(options))!;
    const known = [{ confidence: 0.5 }, parameters];
    const again = await tune({ ...options, iterations: 1, seed: 4, known });
    expect(again!.trainingUtility.tuned).toBeGreaterThanOrEqual(trainingUtility.tuned);
  });

  it('averages over the rates it is to be tuned for', async () => {
    const at = async (...ratesPerSecond: number[]) =>
      (await tune({ ...options, iterations: 1, task: { ...task, ratesPerSecond } }))!;
    const [slow, fast, both] = await Promise.all([at(50), at(600), at(50, 600)]);
    expect(both.search.ratesPerSecond).toEqual([50, 600]);
    expect(slow.trainingUtility.untuned - fast.trainingUtility.untuned).toBeGreaterThan(0.01);
    expect(both.trainingUtility.untuned).toBeCloseTo(
      (slow.trainingUtility.untuned + fast.trainingUtility.untuned) / 2,
      4,
    );
  });

  it('goes on where it was stopped, as if it had not been', async () => {
    const path = join(await temporaryFolder(), 'state.json');
    const stateFile = new StateFile(path, options);
    const ending = new AbortController();
    const stopped = await tune({
      ...options,
      stateFile,
      signal: ending.signal,
      onIteration: ({ iteration }) => iteration === 2 && ending.abort(),
    });
    expect(stopped).toBeUndefined();
    expect(stateFile.read()?.iteration).toBe(2);
    const iterations: number[] = [];
    const onIteration = ({ iteration }: { iteration: number }) => void iterations.push(iteration);
    expect(await tune({ ...options, stateFile, onIteration })).toEqual(await tune(options));
    expect(iterations).toEqual([3]);
  });

  it("does not go on from another search's state", async () => {
    const path = join(await temporaryFolder(), 'state.json');
    const state = { iteration: 1, mean: [0], deviation: [1], best: undefined, startValue: 0.5 };
    new StateFile(path, { seed: 1 }).write(state);
    expect(new StateFile(path, { seed: 1 }).read()).toEqual(state);
    expect(new StateFile(path, { seed: 2 }).read()).toBeUndefined();
  });

  it('reports an unknown workload instead of searching', async () => {
    await expect(tune({ ...options, task: { ...task, workload: 'calm' } })).rejects.toThrow('calm');
  });

  it('reports a training seed without a request instead of searching', async () => {
    const rare = { ...task, ratesPerSecond: [0.001] };
    await expect(tune({ ...options, task: rare })).rejects.toThrow(/seed 1000000 no request arrives within/);
  });
});

describe('tuning on a scenario', () => {
  it('finds more than nothing on other requests than the scenario’s, the same whenever it is asked', () => {
    const seed = 500_003;
    const values = tuneOnScenario('shadow-price', seed);
    expect(tuneOnScenario('shadow-price', seed)).toEqual(values);
    const { fleet, requests, conditions } = scenarioOf(seed, { requests: 2_500, draw: 1 });
    const { scorer, parameters } = tunables['shadow-price'];
    const utility = (own: ParameterValues) => {
      const contender = {
        name: 'rule',
        arrange: (given: Fleet) => given,
        scorer: ({ catalogue }: Fleet, random: () => number) => scorer(catalogue, own, random),
      };
      return compete(contender, fleet, requests, seed, conditions).utility;
    };
    expect(utility(values)).toBeGreaterThan(utility(startValues(parameters(fleet.catalogue))));
  });
});

describe('the file of results', () => {
  it('holds one result per scorer, fleet and workload, in an order that does not depend on when', async () => {
    const result = (await tune({ ...options, iterations: 1 }))!;
    const folder = await temporaryFolder();
    const [first, second] = [join(folder, 'a.json'), join(folder, 'b.json')];
    const other = { ...result, workload: 'storm' };
    for (const each of [result, other, result]) storeTuned(first, each);
    for (const each of [other, result]) storeTuned(second, each);
    expect(readTuned(first)).toEqual([other, result]);
    expect(readFileSync(first, 'utf8')).toBe(readFileSync(second, 'utf8'));
  });

  it('that comes with the project was found on training seeds, by searches that helped', () => {
    const results = readTuned();
    expect(results.length).toBeGreaterThan(0);
    for (const { search, trainingUtility } of results) {
      expect(Math.min(...search.trainingSeeds)).toBeGreaterThanOrEqual(1_000_000);
      expect(trainingUtility.tuned).toBeGreaterThanOrEqual(trainingUtility.untuned);
    }
  });
});

describe('the command line', () => {
  const needed = ['--fleet', 'chat', '--workload', 'storm', '--scorer', 'cascade'];

  it('has a default for everything but what to tune', () => {
    expect(parseArguments(needed)).toMatchObject({
      tasks: [{ scorer: 'cascade', fleet: 'chat', workload: 'storm', durationMs: 60_000 }],
      sizes: { seed: 1, iterations: 10, population: 16, seeds: 4 },
      json: false,
    });
    expect(parseArguments([...needed.slice(0, 5), 'all'])).toHaveProperty(
      'tasks.length',
      tunableNames.length,
    );
    expect(parseArguments([...needed, '--rates', '2.5, 5'])).toHaveProperty(
      'tasks.0.ratesPerSecond',
      [2.5, 5],
    );
  });

  it('names the flag at fault and its value', () => {
    expect(() => parseArguments(needed.slice(2))).toThrow('--fleet: missing');
    expect(() => parseArguments([...needed.slice(0, 5), 'cascade,best'])).toThrow(
      /--scorer: .* got "cascade,best"/,
    );
    expect(() => parseArguments([...needed, '--population', '3'])).toThrow(
      '--population: expected a whole number',
    );
    expect(() => parseArguments([...needed, '--rates', '2,0'])).toThrow(/--rates: .* got "0"/);
  });
});
