import type { Random } from '../../../src/platform/random.ts';
import { type CatalogueInput, catalogueSchema } from '../../../src/routing/catalogue.ts';
import type { Hardware } from '../../arena/fleet.ts';
import type { JointLengths, TokenLengths } from '../../workloads/lengths.ts';
import { logUniform } from '../../workloads/variates.ts';
import { drawDeadlines } from './deadlines.ts';
import { type DrawnFleet, meansOf } from './drawn-fleet.ts';
import { factor, oneOf, wholeFrom, written } from './draws.ts';
import { cohostedLayout, type Layout, partitionedLayout } from './layout.ts';
import { drawLengths, lengthScales } from './lengths.ts';
import type { ModelRow } from './model-rows.ts';
import { guessed } from './prior.ts';
import { drawQualities } from './quality.ts';
import { fleetCapacity, idleTimes, measuredPrior } from './speed.ts';

/** How a fleet of random models is laid out. */
export type RandomShape = keyof typeof layouts;
const layouts = { partitioned: partitionedLayout, cohosted: cohostedLayout } as const;

/**
 * What a fleet must be capable of, in requests per second, to be worth routing: the largest model alone can do
 * something and is soon overloaded, the small ones carry much more, and a run does not consist of a few requests.
 */
const worthRouting = { leastLargest: 0.5, mostLargest: 1_000, leastGain: 2.2, leastFastest: 20 } as const;

/** A fleet nobody has: models, layout, tasks, qualities, deadlines and first guesses of speed drawn at random. */
export function randomFleet(shape: RandomShape, random: Random): DrawnFleet {
  for (;;) {
    const drawn = drawFleet(shape, random);
    const { largest, fastest } = fleetCapacity(drawn);
    const { leastLargest, mostLargest, leastGain, leastFastest } = worthRouting;
    if (largest < leastLargest || largest > mostLargest) continue;
    if (fastest >= Math.max(leastGain * largest, leastFastest)) return drawn;
  }
}

function drawFleet(shape: RandomShape, random: Random): DrawnFleet {
  const layout = layouts[shape](random);
  const lengths = drawLengthsByTask(random);
  const means = meansOf(lengths);
  const hardware = hardwareByModel(layout, random);
  const largest = layout.ladder.at(-1)!;
  const rows = layout.endpoints.flatMap(({ id, models }) =>
    models.map((model) => ({ id: `${id}-${model.model}`, endpoint: id, model })),
  );
  const described = describedModels(layout, hardware, means, random);
  const document: CatalogueInput = {
    pool: shape,
    endpoints: drawEndpoints(layout, random),
    variants: rows.map(({ id, endpoint, model }) => ({ id, endpoint, ...described.get(model)! })),
    tasks: drawTasks(means, hardware.get(largest)!, random),
    defaultTask: Object.keys(lengths)[0]!,
  };
  return {
    fleet: {
      name: shape,
      catalogue: catalogueSchema.parse(document),
      hardware: new Map(rows.map(({ id, model }) => [id, hardware.get(model)!])),
    },
    largestId: rows.find(({ model }) => model === largest)!.id,
    lengths,
  };
}

/** One to five tasks, all of them of one scale of lengths. */
function drawLengthsByTask(random: Random): Readonly<Record<string, JointLengths>> {
  const scale = oneOf(lengthScales, random);
  const tasks = Array.from({ length: wholeFrom(1, 5, random) }, (_, index) => `task-${index}`);
  return Object.fromEntries(tasks.map((task) => [task, drawLengths(scale, random)]));
}

function hardwareByModel({ ladder, kvTokens }: Layout, random: Random): ReadonlyMap<ModelRow, Hardware> {
  const maxNumSeqs = random() < 0.8 ? 128 : oneOf([32, 64, 256], random);
  return new Map(
    ladder.map((model) => {
      const { coefficients, gpus } = model;
      return [
        model,
        { coefficients, gpus, maxNumSeqs, overheadMs: undefined, kvTokens: kvTokens.get(model) },
      ];
    }),
  );
}

function drawEndpoints({ endpoints }: Layout, random: Random): CatalogueInput['endpoints'] {
  const places = random() < 0.7 ? 128 : Math.round(logUniform(32, 256)(random));
  // Co-hosted models wait for each other, so not everybody gives a GPU as many places as its engines have together.
  const addUp = random() < 0.5;
  return endpoints.map(({ id, replicas, models }) => ({
    id,
    backend: { kind: 'openai', baseUrl: 'http://endpoint.invalid/v1' },
    replicas,
    maxInFlightPerReplica: addUp ? places * models.length : places,
  }));
}

/** What the catalogue says of each model, wherever it runs. */
function describedModels(
  { ladder }: Layout,
  hardware: ReadonlyMap<ModelRow, Hardware>,
  means: Readonly<Record<string, TokenLengths>>,
  random: Random,
) {
  const contexts = Object.values(means).map(
    ({ promptTokens, outputTokens }) => promptTokens + outputTokens / 2,
  );
  const contextTokens = contexts.reduce((sum, tokens) => sum + tokens, 0) / contexts.length;
  const sizes = ladder.map(({ size }) => size);
  const qualities = Object.keys(means).map((task) => [task, drawQualities(sizes, random)] as const);
  return new Map(
    ladder.map((row, rung) => [
      row,
      {
        model: row.model,
        contextTokens: 32_768,
        tier: rung + 1,
        quality: Object.fromEntries(qualities.map(([task, byRung]) => [task, byRung[rung]!])),
        prior: guessed(measuredPrior(hardware.get(row)!, contextTokens), 0.4, random),
      },
    ]),
  );
}

function drawTasks(
  means: Readonly<Record<string, TokenLengths>>,
  largest: Hardware,
  random: Random,
): CatalogueInput['tasks'] {
  const idle = Object.values(means).map((mean) => idleTimes(largest, mean));
  const deadlines = drawDeadlines(idle, random);
  return Object.fromEntries(
    Object.entries(means).map(([task, { outputTokens }], index) => [
      task,
      { slo: deadlines[index]!, outputTokens: written(outputTokens * factor(0.3, random)) },
    ]),
  );
}
