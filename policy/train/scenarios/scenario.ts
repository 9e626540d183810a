import type { Random } from '../../../src/platform/random.ts';
import type { Conditions } from '../../arena/conditions.ts';
import type { Fleet } from '../../arena/fleet.ts';
import { streamNamed } from '../../arena/streams.ts';
import { meanRateOf } from '../../workloads/file/rates.ts';
import { generate } from '../../workloads/generate.ts';
import type { WorkloadRequest } from '../../workloads/request.ts';
import { uniform } from '../../workloads/variates.ts';
import type { DrawnFleet } from './drawn-fleet.ts';
import { clamped, oneOf } from './draws.ts';
import { drawArrivals, drawRecipe, type LoadKind } from './load.ts';
import { ownFleet, ownShapes } from './own-fleets.ts';
import { type RandomShape, randomFleet } from './random-fleet.ts';
import { drawRoughConditions } from './rough-conditions.ts';
import { fleetCapacity } from './speed.ts';

/** One run of the arena. */
export interface Scenario {
  /** `SHAPE/LOAD/ideal|rough/SEED`. */
  readonly name: string;
  readonly fleet: Fleet;
  readonly requests: readonly WorkloadRequest[];
  /** Absent: ideal. */
  readonly conditions: Conditions | undefined;
}

export interface ScenarioOptions {
  /** Default: 20 to 30 s. The run is shorter where it is busier than 9,000 requests, and ends with its 15,000th. */
  readonly durationMs?: number;
  /** Requests the run is expected to hold; it then lasts as long as they take to come, 8 s at least, 2 minutes at most. */
  readonly requests?: number;
  /** Other requests of the same fleet, load and conditions, as often as one likes; 0, the default: the scenario's own. */
  readonly draw?: number;
  /** Instead of the load that is drawn. */
  readonly load?: LoadKind | undefined;
}

/** So that no run takes long, however its rates were drawn. */
const mostRequests = 15_000;
const shareOfOwn = 1 / 3;
const shareOfRough = 1 / 3;
const randomShapes: readonly RandomShape[] = ['partitioned', 'cohosted'];
/** Each as likely as it stands here often. */
const loads: readonly LoadKind[] = [
  ...(['storm', 'storm', 'storm', 'surge', 'surge'] as const),
  ...(['stable', 'markov', 'gamma'] as const),
];

/**
 * A fleet, its requests and its conditions, drawn from everything a routing policy should be prepared for (domain
 * randomisation: Tobin et al., arXiv 1703.06907). The same seed and options give the same scenario.
 *
 * | drawn | from |
 * |---|---|
 * | fleet | 1/3 one of the bench's, exact in a quarter of these and otherwise perturbed; 1/3 partitioned, 1/3 co-hosted |
 * | models | 2 to 5 of one GPU kind's rows, each 1.6 times the next smaller one or more |
 * | tasks | 1 to 5, short (prompt 20–300, output 4–32 tokens), chat-like (50–3,000, 50–500) or long prompts (500–4,000, 4–60) |
 * | deadlines | TTFT 3–20, TPOT 1.6–8, end to end 1.8–12 times the idle largest model, log-uniform |
 * | priors | off by lognormal(σ 0.4) |
 * | load | storm 3/8, surge 2/8, stable, Markov-modulated, Gamma gaps: around what the fleet can carry |
 * | output lengths | a third with heavy tails; half with a prediction of σ 0 to 1 |
 * | conditions | 1/3 rough: edges, delays, stale snapshots, one trouble |
 *
 * Seeds: training uses those from 1,000,000 (`FIRST_TRAINING_SEED`), evaluation on random fleets those from 500,000 to
 * 500,999, and evaluation on the bench's fleets and workloads those from 1 to 999. H200 is in no scenario.
 */
export function scenarioOf(seed: number, options: ScenarioOptions = {}): Scenario {
  const stream = (part: string) => streamNamed(seed, `scenario ${part}`);
  const forShape = stream('shape');
  const drawn = drawFleet(forShape, stream('fleet'));
  const { fleet, lengths } = drawn;
  const drawnLoad = oneOf(loads, forShape);
  const load = options.load ?? drawnLoad;
  const forLoad = stream('load');
  const arrivals = drawArrivals(load, fleetCapacity(drawn), forLoad);
  const durationMs = durationOf(options, meanRateOf(arrivals), forLoad);
  const recipe = drawRecipe(arrivals, lengths, durationMs, forLoad);
  const rough = forShape() < shareOfRough;
  return {
    name: `${fleet.name}/${load}/${rough ? 'rough' : 'ideal'}/${seed}`,
    fleet,
    requests: [...generate(recipe, stream(requestsOf(options))).take(mostRequests)],
    conditions: rough
      ? drawRoughConditions(fleet.catalogue, recipe.durationMs, stream('conditions'))
      : undefined,
  };
}

function requestsOf({ draw = 0 }: ScenarioOptions): string {
  return draw === 0 ? 'requests' : `requests ${draw}`;
}

function durationOf(
  { durationMs, requests }: ScenarioOptions,
  ratePerSecond: number,
  random: Random,
): number {
  const drawnMs = uniform(20_000, 30_000)(random);
  if (requests === undefined) return durationMs ?? drawnMs;
  return clamped((1_000 * requests) / ratePerSecond, 8_000, 120_000);
}

function drawFleet(forShape: Random, random: Random): DrawnFleet {
  if (forShape() < shareOfOwn) return ownFleet(oneOf(ownShapes, forShape), random);
  return randomFleet(oneOf(randomShapes, forShape), random);
}
