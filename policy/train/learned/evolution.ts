import { seededRandom } from '../../../src/platform/random.ts';
import { normal } from '../../workloads/variates.ts';

/**
 * Evolution strategies (Salimans et al. 2017, arXiv 1703.03864): the gradient of the expected gain of parameters
 * blurred by a normal law, estimated from mirrored pairs of perturbations and followed with Adam (Kingma, Ba 2014).
 * Nothing of the simulator has to be differentiable, and a request's effect on those that follow it is counted by
 * itself, which is what routing is about.
 */
export interface EvolutionSizes {
  readonly seed: number;
  /** Mirrored pairs per generation. */
  readonly pairs: number;
  /** Standard deviation of a perturbation, in units of the parameters. */
  readonly deviation: number;
  /** Adam's step at the first generation; it falls to `lastRate` along half a cosine. */
  readonly rate: number;
  readonly lastRate: number;
  readonly generations: number;
}

/** Everything the search needs to go on: plain data, so that it can be stopped, stored and resumed. */
export interface EvolutionState {
  readonly generation: number;
  readonly parameters: readonly number[];
  /**
   * Moving mean of the parameters. Their steps are mostly noise, which the mean has little of (Polyak, Juditsky 1992);
   * it is what is kept in the end.
   */
  readonly average: readonly number[];
  /** Adam's moving means of the gradient and of its square. */
  readonly mean: readonly number[];
  readonly square: readonly number[];
}

const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.99;
const EPSILON = 1e-8;
const AVERAGE_DECAY = 0.95;

export function firstEvolution(parameters: ArrayLike<number>): EvolutionState {
  const zeros = Array.from(parameters, () => 0);
  const start = Array.from(parameters);
  return { generation: 0, parameters: start, average: start, mean: zeros, square: zeros };
}

/** The direction of one pair of one generation: [length] standard normal numbers, the same whenever asked for. */
export function directionOf(seed: number, generation: number, pair: number, length: number): Float32Array {
  const random = seededRandom(
    Math.imul(seed, 0x9e3779b1) ^ Math.imul(generation * 8_192 + pair + 1, 0x85ebca6b),
  );
  return Float32Array.from({ length }, () => normal(random));
}

/** `parameters + scale · direction`, in float32 as the network has them. */
export function moved(
  parameters: ArrayLike<number>,
  direction: ArrayLike<number>,
  scale: number,
): Float32Array {
  return Float32Array.from(
    { length: parameters.length },
    (_, at) => parameters[at]! + scale * direction[at]!,
  );
}

/**
 * The state after a generation.
 * @param gains one per pair: value along its direction less the value against it
 */
export function nextEvolution(
  state: EvolutionState,
  gains: readonly number[],
  sizes: EvolutionSizes,
): EvolutionState {
  const gradient = gradientOf(state, gains, sizes);
  const generation = state.generation + 1;
  const rate = rateAt(state.generation, sizes);
  const mean = state.mean.map((was, at) => MEAN_DECAY * was + (1 - MEAN_DECAY) * gradient[at]!);
  const square = state.square.map((was, at) => SQUARE_DECAY * was + (1 - SQUARE_DECAY) * gradient[at]! ** 2);
  const parameters = state.parameters.map((was, at) => {
    const meanNow = mean[at]! / (1 - MEAN_DECAY ** generation);
    const squareNow = square[at]! / (1 - SQUARE_DECAY ** generation);
    return was + (rate * meanNow) / (Math.sqrt(squareNow) + EPSILON);
  });
  // At first the mean of few is nearer than a long memory of the start.
  const memory = Math.min(AVERAGE_DECAY, generation / (generation + 10));
  const average = state.average.map((was, at) => memory * was + (1 - memory) * parameters[at]!);
  return { generation, parameters, average, mean, square };
}

function gradientOf(
  { generation, parameters }: EvolutionState,
  gains: readonly number[],
  { seed, deviation }: EvolutionSizes,
): Float64Array {
  const gradient = new Float64Array(parameters.length);
  for (const [pair, gain] of gains.entries()) {
    const direction = directionOf(seed, generation, pair, parameters.length);
    const weight = gain / (2 * deviation * gains.length);
    for (let at = 0; at < gradient.length; at += 1) gradient[at]! += weight * direction[at]!;
  }
  return gradient;
}

function rateAt(generation: number, { rate, lastRate, generations }: EvolutionSizes): number {
  const done = Math.min(generation / generations, 1);
  return lastRate + ((rate - lastRate) * (1 + Math.cos(Math.PI * done))) / 2;
}
