import type { Fleet } from '../../../policy/arena/fleet.ts';
import type { AttentionCosts, StepCoefficients } from '../../../policy/simulator/coefficients.ts';
import type { Catalogue, Slo, Variant } from '../../../src/routing/catalogue.ts';

/**
 * The same fleet on GPUs that take `factor` times as long for everything, with promises and first guesses that are as
 * much longer. Under requests that are as much rarer it behaves as the fleet does, while whatever lies beside the GPUs
 * weighs less: the way to compare a simulation with a gateway whose machine has other things to do.
 */
export function slowedFleet(fleet: Fleet, factor: number): Fleet {
  const hardware = [...fleet.hardware].map(
    ([id, row]) =>
      [
        id,
        {
          ...row,
          coefficients: slowedCoefficients(row.coefficients, factor),
          overheadMs: scaled(row.overheadMs, factor),
        },
      ] as const,
  );
  return { ...fleet, catalogue: slowedCatalogue(fleet.catalogue, factor), hardware: new Map(hardware) };
}

/** The catalogue of such a fleet. */
export function slowedCatalogue(catalogue: Catalogue, factor: number): Catalogue {
  return {
    ...catalogue,
    variants: catalogue.variants.map((variant) => ({
      ...variant,
      prior: slowedPrior(variant.prior, factor),
    })),
    tasks: Object.fromEntries(
      Object.entries(catalogue.tasks).map(([id, task]) => [
        id,
        { ...task, slo: slowedSlo(task.slo, factor) },
      ]),
    ),
  };
}

/** Every term of the step time is a time, so scaling each scales the sum; the p-norm scales with its arguments. */
function slowedCoefficients(row: StepCoefficients, factor: number): StepCoefficients {
  const { linear, decodeOnly, prefillOnly, mixed, head, allReduce } = row;
  return {
    ...row,
    linear: { ...linear, weightsMs: linear.weightsMs * factor, perToken: linear.perToken * factor },
    decodeOnly: slowedCosts(decodeOnly, factor),
    prefillOnly: slowedCosts(prefillOnly, factor),
    mixed: slowedCosts(mixed, factor),
    head: { base: head.base * factor, perEmitted: head.perEmitted * factor },
    allReduce: { base: allReduce.base * factor, perToken: allReduce.perToken * factor },
    overheadMs: row.overheadMs * factor,
  };
}

function slowedCosts(costs: AttentionCosts, factor: number): AttentionCosts {
  return {
    base: costs.base * factor,
    perDecode: costs.perDecode * factor,
    perContextToken: costs.perContextToken * factor,
    perChunk: costs.perChunk * factor,
    perPrefillToken: costs.perPrefillToken * factor,
    perPrefillPair: costs.perPrefillPair * factor,
  };
}

function slowedPrior(prior: Variant['prior'], factor: number): Variant['prior'] {
  return {
    ttftMs: prior.ttftMs * factor,
    ttftMsPerToken: prior.ttftMsPerToken * factor,
    tpotMs: prior.tpotMs * factor,
    tpotMsPerRequest: prior.tpotMsPerRequest * factor,
  };
}

function slowedSlo({ ttftMs, tpotMs, e2eMs }: Slo, factor: number): Slo {
  return {
    ttftMs: scaled(ttftMs, factor),
    tpotMs: scaled(tpotMs, factor),
    e2eMs: scaled(e2eMs, factor),
  };
}

function scaled(timeMs: number | undefined, factor: number): number | undefined {
  return timeMs === undefined ? undefined : timeMs * factor;
}
