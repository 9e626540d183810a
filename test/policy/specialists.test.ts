import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNetworkFile } from '../../policy/rivals/learned.ts';
import { readSpecialists, type Specialists, specialistFor } from '../../policy/rivals/specialists.ts';
import { scenarioFor } from '../../policy/train/learned/course.ts';
import { usualSizes } from '../../policy/train/learned/sizes.ts';
import { cases } from '../../policy/train/specialists/cases.ts';
import { trainSpecialists, usualPlan } from '../../policy/train/specialists/specialists.ts';
import { parametersOf } from '../../src/routing/learned/network.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Starting a thread costs seconds on a busy machine. */
const patientMs = 120_000;

async function tinyPlan() {
  const folder = await temporaryFolder();
  const sizes = { ...usualSizes, pairs: 2, requests: 60, checkEvery: 1_000, checks: 2 };
  return { general: usualPlan.general, file: join(folder, 'specialists.json'), generations: 1, sizes };
}

function options(only: readonly string[], signal = new AbortController().signal) {
  const begun: string[] = [];
  return { begun, given: { only, workers: 1, signal, onCase: (text: string) => void begun.push(text) } };
}

describe('specialists', { timeout: patientMs }, () => {
  test('are trained case by case, kept after each, and not trained twice', async () => {
    const plan = await tinyPlan();
    const [one, other] = ['paper-partitioned-shift', 'scenario-500001'] as const;
    const first = options([one]);
    expect(await trainSpecialists(first.given, plan)).toBe(true);
    const kept = readSpecialists(plan.file)!.specialists[one];

    const both = options([one, other]);
    expect(await trainSpecialists(both.given, plan)).toBe(true);
    expect(both.begun).toEqual([`2 of 2: ${other}`]);
    const all = readSpecialists(plan.file)!;
    expect(all.specialists[one]).toEqual(kept);

    const general = [...parametersOf(readNetworkFile(plan.general))];
    const learned = [one, other].map((name) => [...parametersOf(specialistFor(name, all))]);
    for (const own of learned) expect(own).toHaveLength(general.length);
    expect(learned[0]).not.toEqual(learned[1]);
  });

  test('are trained anew from another general policy', async () => {
    const plan = await tinyPlan();
    await trainSpecialists(options(['paper-partitioned-shift']).given, plan);
    const again = options(['paper-partitioned-shift']);
    await trainSpecialists(again.given, { ...plan, generations: 2 });
    expect(again.begun).toEqual(['1 of 1: paper-partitioned-shift']);
  });

  test('that nobody trained, or on other observations, are refused with the command that helps', async () => {
    const none: Specialists = { observationVersion: 3, madeFrom: 'x', commit: 'y', specialists: {} };
    expect(() => specialistFor('paper-partitioned-shift', none)).toThrow(
      'no specialist for paper-partitioned-shift; run: npm run train:specialists -- --only paper-partitioned-shift',
    );
    const specialist = { parameters: '', hidden: 1, check: { before: score, after: score }, minutes: 0 };
    const old = { ...none, observationVersion: 1, specialists: { some: specialist } };
    expect(() => specialistFor('some', old)).toThrow(
      'trained on observations of version 1, they are of version',
    );
  });

  test('of a file that is none are refused with its name', async () => {
    const file = join(await temporaryFolder(), 'specialists.json');
    writeFileSync(file, '{"specialists":{}}');
    expect(() => readSpecialists(file)).toThrow(/specialists\.json: .*observationVersion/s);
  });
});

const score = { utility: 0.9, onTime: 0.99 };

describe('what a specialist is trained on', () => {
  test('is a scenario with its own fleet, load and conditions, and other requests', () => {
    const [one, other] = [1, 2].map((seed) => scenarioFor({ scenario: 500_001 }, seed, 200));
    expect(one!.name).toBe(other!.name);
    expect(one!.fleet).toEqual(other!.fleet);
    expect(one!.conditions).toEqual(other!.conditions);
    expect(one!.requests).not.toEqual(other!.requests);
  });

  test('is a case under its conditions, which fall into the run', () => {
    const course = cases['paper-cohosted-storm-a-gpu-lost']!;
    const { fleet, requests, conditions } = scenarioFor(course, 2_000_000, 2_500);
    expect(fleet.name).toBe('paper-cohosted');
    const fault = conditions!.faults[0]!;
    expect(fault.kind).toBe('replica-failure');
    const lastS = requests.at(-1)!.arrivalMs / 1_000;
    if (!('windows' in fault.when)) throw new Error('expected windows');
    for (const { fromS, toS } of fault.when.windows) expect([fromS < toS, toS < lastS]).toEqual([true, true]);
  });
});
