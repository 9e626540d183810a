import type { Random } from '../../../src/platform/random.ts';
import type { Fleet } from '../../arena/fleet.ts';
import { namedFleet } from '../../arena/named-fleets.ts';
import { streamNamed } from '../../arena/streams.ts';
import { loadFleet } from '../../evaluate/load-fleet.ts';
import type { GeneratedDocument } from '../../workloads/file/rates.ts';
import { generate } from '../../workloads/generate.ts';
import { independent, type JointLengths, lognormalTokens } from '../../workloads/lengths.ts';
import { type LoadOptions, loadWorkload } from '../../workloads/load.ts';
import { logUniform, uniform } from '../../workloads/variates.ts';
import { clamped, oneOf } from './draws.ts';
import { drawRecipe } from './load.ts';
import type { Scenario } from './scenario.ts';

/** `stable` twice: a run of it has one rate, where the others pass through many. */
const paperWorkloads = ['storm', 'surge', 'storm-heavy', 'surge-heavy', 'stable', 'stable'] as const;
const predictionSigmas = ['none', 'none', 0, 0.3, 0.6] as const;
/** Shortest run, unless it held more than so many requests: in a shorter one no overload is felt. */
export const leastMs = 6_000;
const mostInLeast = 25_000;
const mostMs = 60_000;

/** Mean tokens of the two services in the Azure LLM inference traces of 2023 (Patel et al., arXiv 2311.18677). */
const services = {
  conversation: { prompt: 1_155, output: 211 },
  code: { prompt: 2_048, output: 28 },
} as const;

/**
 * One of the bench's own fleets under a load of the bench's kind, with requests of seeds that evaluation never uses.
 * The paper's fleets meet its workloads, half the time at another rate than their own; `chat` meets bursts of
 * conversation or of code with the mean lengths of the recorded traces; when and in what order requests come there stays
 * unseen.
 * @param requests expected of the run, within its shortest and longest time
 */
export function benchScenario(seed: number, requests: number): Scenario {
  const random = streamNamed(seed, 'bench scenario');
  return random() < 0.3 ? chatScenario(seed, requests, random) : paperScenario(seed, requests, random);
}

function paperScenario(seed: number, requests: number, random: Random): Scenario {
  const fleet = namedFleet(oneOf(['paper-partitioned', 'paper-cohosted'], random));
  const workload = oneOf(paperWorkloads, random);
  const predictionSigma = workload.endsWith('-heavy') ? oneOf(predictionSigmas, random) : undefined;
  const ratePerSecond = otherRate(workload, random);
  return scenarioIn(fleet, workload, { ratePerSecond, predictionSigma }, seed, requests);
}

/** A scenario of a fleet and a workload, each a name or a file. */
export function scenarioOn(
  { fleet, workload }: { readonly fleet: string; readonly workload: string },
  seed: number,
  requests: number,
): Scenario {
  return scenarioIn(loadFleet(fleet), workload, {}, seed, requests);
}

function scenarioIn(
  fleet: Fleet,
  workload: string,
  changes: Pick<LoadOptions, 'ratePerSecond' | 'predictionSigma'>,
  seed: number,
  requests: number,
): Scenario {
  const load = (durationMs: number) =>
    loadWorkload(workload, { tasks: Object.keys(fleet.catalogue.tasks), durationMs, ...changes });
  const durationMs = durationOf(requests, load(leastMs).meanRatePerSecond);
  return {
    name: `${fleet.name}/${workload}/ideal/${seed}`,
    fleet,
    requests: [...load(durationMs).requests(seed)],
    conditions: undefined,
  };
}

/** Requests per second instead of the workload's own; undefined: its own. */
function otherRate(workload: (typeof paperWorkloads)[number], random: Random): number | undefined {
  if (workload === 'stable') return logUniform(200, 7_000)(random);
  return workload.startsWith('surge') && random() < 0.5 ? logUniform(140, 1_400)(random) : undefined;
}

function chatScenario(seed: number, requests: number, random: Random): Scenario {
  const fleet = namedFleet('chat');
  const ratePerSecond = logUniform(2, 50)(random);
  const arrivals: GeneratedDocument = {
    kind: 'steady',
    requestsPerSecond: ratePerSecond,
    gaps: { kind: 'gamma', cv: uniform(1, 3)(random) },
  };
  const { prompt, output } = services[oneOf(['conversation', 'code'] as const, random)];
  const lengths: JointLengths = independent(
    lognormalTokens({ mean: prompt, sigma: uniform(0.7, 1.2)(random), max: 8_000 }),
    lognormalTokens({ mean: output, sigma: uniform(0.5, 1)(random), max: 1_800 }),
  );
  const perTask = Object.fromEntries(Object.keys(fleet.catalogue.tasks).map((task) => [task, lengths]));
  const recipe = drawRecipe(arrivals, perTask, durationOf(requests, ratePerSecond), random);
  return {
    name: `chat/gamma/ideal/${seed}`,
    fleet,
    requests: [...generate(recipe, streamNamed(seed, 'requests'))],
    conditions: undefined,
  };
}

function durationOf(requests: number, ratePerSecond: number): number {
  const shortestMs = Math.min(leastMs, (1_000 * Math.max(mostInLeast, requests)) / ratePerSecond);
  return clamped((1_000 * requests) / ratePerSecond, shortestMs, mostMs);
}
