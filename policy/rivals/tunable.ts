import type { Random } from '../../src/platform/random.ts';
import { type Catalogue, type ScorerInput, scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import { type Contender, contender } from '../arena/contender.ts';
import { cascade } from './cascade.ts';
import { evenly } from './evenly.ts';
import { ladderOf } from './ladder.ts';

/** One number to find. The search works on the logarithm of `log` parameters, and on the logit of `share` ones. */
export interface Parameter {
  /** `name`, or `name:model` for a parameter each model has. */
  readonly key: string;
  readonly scale: 'log' | 'share';
  readonly low: number;
  readonly high: number;
  /** Where the search begins: the value an operator who tunes nothing would have. */
  readonly start: number;
}

export type ParameterValues = Readonly<Record<string, number>>;

/** A scorer with numbers to be found, and what they may be on a catalogue. */
export interface Tunable {
  parameters(catalogue: Catalogue): readonly Parameter[];
  /** @param values one per parameter of the catalogue */
  scorer(catalogue: Catalogue, values: ParameterValues, random: Random): SyncScorer;
}

type Law = Omit<Parameter, 'key'>;

const laws = {
  alpha: { scale: 'log', low: 1e-4, high: 100, start: 0.5 },
  beta: { scale: 'log', low: 0.1, high: 20, start: 4 },
  places: { scale: 'log', low: 1, high: 1000, start: 128 },
  spread: { scale: 'log', low: 0.001, high: 1000, start: 1 },
  cap: { scale: 'log', low: 0.5, high: 400, start: 64 },
  confidence: { scale: 'share', low: 0.001, high: 0.9999, start: 0.9 },
  acceptance: { scale: 'share', low: 0.2, high: 0.9999, start: 0.9 },
} as const satisfies Record<string, Law>;
type LawName = keyof typeof laws;

export const tunables = {
  /** α and β of each model; endpoints that run the same model share them. */
  'shadow-price': {
    parameters: (catalogue) => perModel(catalogue, ['alpha', 'beta']),
    scorer: (catalogue, values, random) =>
      priced(catalogue, random, (model) => ({
        alpha: numberAt(values, `alpha:${model}`),
        beta: numberAt(values, `beta:${model}`),
      })),
  },
  /** The same with places of each model's own, and prices that may differ between endpoints with the same model. */
  'shadow-price-free': {
    parameters: (catalogue) => [
      ...perModel(catalogue, ['alpha', 'beta', 'places']),
      ...ladderOf(catalogue)
        .filter(({ variants }) => variants.length > 1)
        .map(({ model }) => ({ key: `spread:${model}`, ...laws.spread })),
    ],
    scorer: (catalogue, values, random) =>
      priced(catalogue, random, (model, place, twins) => ({
        alpha: numberAt(values, `alpha:${model}`) * spreadAt(values, model, place, twins),
        beta: numberAt(values, `beta:${model}`),
        places: numberAt(values, `places:${model}`),
      })),
  },
  /** Requests in flight per replica at which each model counts as taken. */
  'in-flight-caps': {
    parameters: (catalogue) => perModel(catalogue, ['cap']),
    scorer: (catalogue, values, random) => {
      const caps = Object.fromEntries(
        catalogue.variants.map(({ id, model }) => [id, numberAt(values, `cap:${model}`)]),
      );
      return evenly(configured({ kind: 'in-flight-caps', caps }, random));
    },
  },
  'largest-on-time': {
    parameters: () => [{ key: 'confidence', ...laws.confidence }],
    scorer: (_, values, random) =>
      evenly(configured({ kind: 'largest-on-time', confidence: numberAt(values, 'confidence') }, random)),
  },
  cascade: {
    parameters: () => [
      { key: 'acceptance', ...laws.acceptance },
      { key: 'confidence', ...laws.confidence },
    ],
    scorer: (_, values) =>
      cascade({ acceptance: numberAt(values, 'acceptance'), confidence: numberAt(values, 'confidence') }),
  },
} as const satisfies Record<string, Tunable>;

export type TunableName = keyof typeof tunables;
export const tunableNames = Object.keys(tunables) as readonly TunableName[];

/** The scorer with the numbers, wherever they are from. */
export function withValues(name: string, scorer: TunableName, values: ParameterValues): Contender {
  return contender(name, ({ catalogue }, random) => tunables[scorer].scorer(catalogue, values, random));
}

/** Where the search begins, as values. */
export function startValues(parameters: readonly Parameter[]): ParameterValues {
  return Object.fromEntries(parameters.map(({ key, start }) => [key, start]));
}

type Prices = NonNullable<Extract<ScorerInput, { kind: 'shadow-price' }>['perVariant']>;

/**
 * Production's shadow price, without the harm: the rule as it is known.
 * @param priceOf a model on one of its endpoints: the how manieth of how many
 */
function priced(
  catalogue: Catalogue,
  random: Random,
  priceOf: (model: string, place: number, twins: number) => Prices[string],
): SyncScorer {
  const prices = ladderOf(catalogue).flatMap(({ model, variants }) =>
    variants.map(({ id }, place) => [id, priceOf(model, place, variants.length)] as const),
  );
  return configured({ kind: 'shadow-price', harm: 0, perVariant: Object.fromEntries(prices) }, random);
}

/** Prices of a model that runs on several endpoints rise or fall from the first to the last by a factor. */
function spreadAt(values: ParameterValues, model: string, place: number, twins: number): number {
  const share = twins > 1 ? place / (twins - 1) - 0.5 : 0;
  // Values found where the model ran on one endpoint say nothing of a spread.
  return (values[`spread:${model}`] ?? 1) ** share;
}

function perModel(catalogue: Catalogue, names: readonly LawName[]): Parameter[] {
  return ladderOf(catalogue).flatMap(({ model }) =>
    names.map((name) => ({ key: `${name}:${model}`, ...laws[name] })),
  );
}

function numberAt(values: ParameterValues, key: string): number {
  const value = values[key];
  if (value === undefined)
    throw new Error(`parameter ${key}: missing; given: ${Object.keys(values).join(', ')}`);
  return value;
}

function configured(config: ScorerInput, random: Random): SyncScorer {
  return createScorer(scorerSchema.parse(config), random);
}
