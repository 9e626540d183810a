import type { Random } from '../../../src/platform/random.ts';
import { type CatalogueInput, catalogueSchema, type Variant } from '../../../src/routing/catalogue.ts';
import type { Fleet, Hardware } from '../../arena/fleet.ts';
import type { JointLengths, TokenLengths } from '../../workloads/lengths.ts';
import { logUniform } from '../../workloads/variates.ts';
import { drawDeadlines } from './deadlines.ts';
import { type DrawnFleet, meansOf } from './drawn-fleet.ts';
import { factor, oneOf, wholeFrom, written } from './draws.ts';
import { cohostedLayout, type Layout, partitionedLayout } from './layout.ts';
import { drawLengths, lengthScales } from './lengths.ts';
import type { ModelRow } from './model-rows.ts';
import { drawQualities } from './quality.ts';
import { capacityOf, idleTimes, measuredPrior } from './speed.ts';

/** How a fleet of random models is laid out. */
export type RandomShape = 'partitioned' | 'cohosted';

/**
 * What a fleet must be capable of, in requests per second, to be worth routing: the largest model alone is soon
 * overloaded, the small ones carry much more, and the whole is not so small that a run holds hardly a request.
 */
const worthRouting = { mostLargest: 1_000, leastGain: 1.8, leastFastest: 8 } as const;

/** A fleet nobody has: models, layout, tasks, qualities, deadlines and first guesses of speed drawn at random. */
export function randomFleet(shape: RandomShape, random: Random): DrawnFleet {
  for (;;) {
    const drawn = drawFleet(shape, random);
    const { largest, fastest } = capacityOf(drawn.fleet, drawn.largestId, meansOf(drawn.lengths));
    const { mostLargest, leastGain, leastFastest } = worthRouting;
    if (largest <= mostLargest && fastest >= Math.max(leastGain * largest, leastFastest)) return drawn;
  }
}

function drawFleet(shape: RandomShape, random: Random): DrawnFleet {
  const layout = shape === 'cohosted' ? cohostedLayout(random) : partitionedLayout(random);
  const lengths = drawTasks(random);
  const means = meansOf(lengths);
  const maxNumSeqs = random() < 0.8 ? 128 : oneOf([32, 64, 256], random);
  const hardwareOf = (row: ModelRow): Hardware => ({
    coefficients: row.coefficients,
    gpus: row.gpus,
    maxNumSeqs,
    overheadMs: undefined,
    kvTokens: layout.kvTokens.get(row),
  });
  const idle = Object.values(means).map((mean) => idleTimes(hardwareOf(layout.ladder.at(-1)!), mean));
  const deadlines = drawDeadlines(idle, random);
  const tasks = Object.entries(means).map(([name, { outputTokens }], index) => [
    name,
    { slo: deadlines[index]!, outputTokens: written(outputTokens * factor(0.3, random)) },
  ]);
  const perReplica = random() < 0.7 ? 128 : Math.round(logUniform(32, 256)(random));
  const rows = variantRows(layout);
  const guess = guesses(layout, hardwareOf, means, random);
  const qualities = qualitiesOf(layout, Object.keys(lengths), random);
  const document: CatalogueInput = {
    pool: shape,
    endpoints: layout.endpoints.map(({ id, replicas, models }) => ({
      ...{ id, replicas, maxInFlightPerReplica: perReplica * models.length },
      backend: { kind: 'openai', baseUrl: 'http://endpoint.invalid/v1' },
    })),
    variants: rows.map(({ id, endpoint, row }) => ({
      ...{ id, endpoint, model: row.model, contextTokens: 32_768, tier: layout.ladder.indexOf(row) + 1 },
      ...{ quality: qualities.get(row)!, prior: guess.get(row)! },
    })),
    tasks: Object.fromEntries(tasks),
    defaultTask: Object.keys(lengths)[0]!,
  };
  const fleet: Fleet = {
    name: shape,
    catalogue: catalogueSchema.parse(document),
    hardware: new Map(rows.map(({ id, row }) => [id, hardwareOf(row)])),
  };
  const largestId = rows.find(({ row }) => row === layout.ladder.at(-1))!.id;
  return { fleet, largestId, lengths };
}

/** One to five tasks of one scale of lengths, by name. */
function drawTasks(random: Random): Readonly<Record<string, JointLengths>> {
  const scale = oneOf(lengthScales, random);
  const count = wholeFrom(1, 5, random);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`task-${index}`, drawLengths(scale, random)]),
  );
}

function variantRows({ endpoints }: Layout): readonly { id: string; endpoint: string; row: ModelRow }[] {
  return endpoints.flatMap(({ id, models }) =>
    models.map((row) => ({ id: `${id}-${row.model}`, endpoint: id, row })),
  );
}

/** By model, its quality per task. */
function qualitiesOf({ ladder }: Layout, tasks: readonly string[], random: Random) {
  const sizes = ladder.map(({ size }) => size);
  const byTask = tasks.map((task) => [task, drawQualities(sizes, random)] as const);
  return new Map(
    ladder.map((row, rung) => [row, Object.fromEntries(byTask.map(([task, each]) => [task, each[rung]!]))]),
  );
}

/** By model, how fast its owner takes it to be: right within a factor, each number off on its own. */
function guesses(
  { ladder }: Layout,
  hardwareOf: (row: ModelRow) => Hardware,
  means: Readonly<Record<string, TokenLengths>>,
  random: Random,
): ReadonlyMap<ModelRow, Variant['prior']> {
  const contexts = Object.values(means).map(
    ({ promptTokens, outputTokens }) => promptTokens + outputTokens / 2,
  );
  const contextTokens = contexts.reduce((sum, tokens) => sum + tokens, 0) / contexts.length;
  return new Map(
    ladder.map((row) => [row, guessed(measuredPrior(hardwareOf(row), contextTokens), 0.4, random)]),
  );
}

/** A prior as somebody would guess it who is off by lognormal factors of the given sigma. */
export function guessed(prior: Variant['prior'], sigma: number, random: Random): Variant['prior'] {
  const off = (value: number) => written(value * factor(sigma, random));
  return {
    ttftMs: off(prior.ttftMs),
    ttftMsPerToken: off(prior.ttftMsPerToken),
    tpotMs: off(prior.tpotMs),
    tpotMsPerRequest: off(prior.tpotMsPerRequest),
  };
}
