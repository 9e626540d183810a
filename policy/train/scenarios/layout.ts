import type { Random } from '../../../src/platform/random.ts';
import { oneOf, wholeFrom } from './draws.ts';
import { longestRequestTokens } from './lengths.ts';
import { type Gpu, gpuMemoryGb, gpus, type ModelRow, modelRows, weightsGb } from './model-rows.ts';

/** Which models a fleet has and on which endpoints they run. */
export interface Layout {
  /** Smallest first. */
  readonly ladder: readonly ModelRow[];
  readonly endpoints: readonly {
    readonly id: string;
    readonly replicas: number;
    readonly models: readonly ModelRow[];
  }[];
  /** KV cache of one engine, where models share a GPU's memory. */
  readonly kvTokens: ReadonlyMap<ModelRow, number>;
}

/** Rungs of a ladder are at least so far apart in size. */
const leastStep = 1.6;
/** The largest model is at least so many times as large as the smallest. */
const leastSpan = 4;
const mostGpus = 12;
/** A KV cache is handed out in blocks, so up to one block of it is lost. */
const kvBlockTokens = 16;

/** Every model on endpoints of its own: one to three replicas, and now and then one model on two endpoints. */
export function partitionedLayout(random: Random): Layout {
  for (;;) {
    const ladder = drawLadder(oneOf(gpus, random), () => true, random);
    const endpoints = ladder.map((row, rung) => endpointOf(`own-${rung}`, row, random));
    if (random() < 0.25) endpoints.push(endpointOf('twin', oneOf(ladder, random), random));
    const total = endpoints.reduce((sum, { replicas, models }) => sum + replicas * models[0]!.gpus, 0);
    if (total <= mostGpus) return { ladder, endpoints, kvTokens: new Map() };
  }
}

function endpointOf(id: string, row: ModelRow, random: Random) {
  return { id, replicas: row.gpus > 1 ? wholeFrom(1, 2, random) : wholeFrom(1, 3, random), models: [row] };
}

/** One to five GPUs that each host all the models; up to fifteen engines. */
export function cohostedLayout(random: Random): Layout {
  for (;;) {
    const ladder = drawLadder(oneOf(gpus, random), (row) => row.gpus === 1, random);
    const kvTokens = sharedKvTokens(ladder);
    if ([...kvTokens.values()].some((tokens) => tokens < longestRequestTokens + kvBlockTokens)) continue;
    const count = wholeFrom(1, Math.min(5, Math.floor(15 / ladder.length)), random);
    const endpoints = Array.from({ length: count }, (_, index) => ({
      id: `gpu-${index}`,
      replicas: 1,
      models: ladder,
    }));
    return { ladder, endpoints, kvTokens };
  }
}

/** Two to five models of one kind of GPU, well apart in size. */
function drawLadder(gpu: Gpu, suits: (row: ModelRow) => boolean, random: Random): readonly ModelRow[] {
  const rows = modelRows.filter((row) => row.gpu === gpu && suits(row));
  for (;;) {
    const count = wholeFrom(2, 5, random);
    const drawn = Array.from({ length: count }, () => oneOf(rows, random)).sort((a, b) => a.size - b.size);
    const apart = drawn.every((row, rung) => rung === 0 || row.size >= leastStep * drawn[rung - 1]!.size);
    if (apart && drawn.at(-1)!.size >= leastSpan * drawn[0]!.size) return drawn;
  }
}

/** What the weights of all leave of a GPU's memory, in equal parts, in tokens of each model. */
function sharedKvTokens(ladder: readonly ModelRow[]): ReadonlyMap<ModelRow, number> {
  const allGb = ladder.reduce((sum, row) => sum + weightsGb(row), 0);
  return new Map(
    ladder.map((row) => {
      const memoryGb = gpuMemoryGb[row.gpu];
      const share = Math.max(0, memoryGb - allGb) / (memoryGb - weightsGb(row)) / ladder.length;
      return [row, Math.floor(row.coefficients.kvTokens * share)];
    }),
  );
}
