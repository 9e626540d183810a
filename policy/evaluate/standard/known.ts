import type { Setting } from '../trial.ts';

/** A figure of the benchmark's early sketch, to be repeated or corrected. */
export interface KnownFigure {
  readonly fleet: string;
  readonly workload: string;
  readonly predictionSigma?: Setting['predictionSigma'];
  readonly scorer: string;
  readonly utility: number;
  readonly f96: number;
  readonly onTime: number;
}

const partitionedStorm = { fleet: 'paper-partitioned', workload: 'storm' } as const;
const cohostedSurge = { fleet: 'paper-cohosted', workload: 'surge' } as const;
const heavy = {
  fleet: 'paper-partitioned',
  workload: 'storm-heavy',
  scorer: 'shadow-price-tuned',
} as const;

/** Means of few seeds, of scorers that saw inside the GPUs. */
export const knownFigures: readonly KnownFigure[] = [
  { ...partitionedStorm, scorer: 'static-large', utility: 0.26, f96: 0.52, onTime: 0.26 },
  { ...partitionedStorm, scorer: 'static-medium', utility: 0.88, f96: 0, onTime: 1 },
  { ...partitionedStorm, scorer: 'static-small', utility: 0.74, f96: 0, onTime: 1 },
  { ...partitionedStorm, scorer: 'shadow-price-tuned', utility: 0.927, f96: 0.65, onTime: 0.996 },
  { ...cohostedSurge, scorer: 'static-large', utility: 0.83, f96: 0.61, onTime: 0.84 },
  { ...cohostedSurge, scorer: 'static-medium', utility: 0.86, f96: 0, onTime: 1 },
  { ...cohostedSurge, scorer: 'shadow-price-tuned', utility: 0.957, f96: 0.55, onTime: 0.999 },
  { ...heavy, predictionSigma: 'none', utility: 0.861, f96: 0.2, onTime: 0.975 },
  { ...heavy, predictionSigma: 0.6, utility: 0.889, f96: 0.36, onTime: 0.988 },
  { ...heavy, predictionSigma: 0.3, utility: 0.901, f96: 0.54, onTime: 0.992 },
  { ...heavy, predictionSigma: 0, utility: 0.907, f96: 0.62, onTime: 0.993 },
];

/** The fluid bound of `storm` on the partitioned fleet, with batches of 64 and of 128. */
export const knownBound = { ...partitionedStorm, from: 0.952, to: 0.964 } as const;

/** Requests per second on four A100, and what follows for the availability of routing among shared models. */
export const knownAvailability = [
  { fleet: 'paper-cohosted', scorer: 'static-large', ratePerSecond: 400 },
  { fleet: 'paper-cohosted', scorer: 'static-small', ratePerSecond: 8_000 },
] as const;
