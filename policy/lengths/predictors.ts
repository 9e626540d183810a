import { LEVELS, type Levels } from '../../src/routing/lengths/calibration.ts';
import { lengthSlots } from '../../src/routing/lengths/features.ts';
import { LengthLearner } from '../../src/routing/lengths/length-learner.ts';
import { type LengthModel, onVariant, predictLength } from '../../src/routing/lengths/length-model.ts';
import { mean, quantile } from '../report/statistics.ts';
import type { TokenLengths } from '../workloads/lengths.ts';

/** What is said of an answer before it is there, in tokens. */
export interface Said {
  /** The one number. */
  readonly tokens: number;
  readonly quantiles: Levels;
}

export interface Predictor {
  readonly name: string;
  predict(promptTokens: number): Said;
  /** What happens when the answer to a test request is known; absent: nothing. */
  learn?(request: TokenLengths): void;
}

/** Where nothing else is said, the catalogue's default. */
const PRIOR_TOKENS = 200;
const TASK = 'task';
const VARIANT = 'variant';

/** The gateway's predictor. A trace tells it of a request only how long the prompt is. */
export function learned(train: readonly TokenLengths[], goesOn: boolean): Predictor {
  const learner = new LengthLearner({ [TASK]: PRIOR_TOKENS });
  const learn = ({ promptTokens, outputTokens }: TokenLengths) =>
    learner.learn({ task: TASK, slots: slotsOf(promptTokens), variant: VARIANT }, outputTokens, false);
  for (const request of train) learn(request);
  const predictor = {
    name: goesOn ? 'learned, and learning on' : 'learned',
    predict: (promptTokens: number) => predictBy(learner.model(0), promptTokens),
  };
  return goesOn ? { ...predictor, learn } : predictor;
}

function slotsOf(promptTokens: number): readonly number[] {
  return lengthSlots(TASK, { promptTokens, class: 'standard' });
}

function predictBy(model: LengthModel, promptTokens: number): Said {
  const prediction = predictLength(model, TASK, slotsOf(promptTokens))!;
  const { tokens, quantiles } = onVariant(prediction, model, TASK, VARIANT);
  return { tokens, quantiles: quantiles! };
}

/** The mean or the median of all that was seen, for every request, with the quantiles that were seen. */
export function constant(name: 'mean' | 'median', train: readonly TokenLengths[]): Predictor {
  const said = summary(train, name);
  return { name: `the task’s ${name}`, predict: () => said };
}

/** The mean and the quantiles of the requests whose prompts were about as long: within half a doubling. */
export function byPromptLength(train: readonly TokenLengths[]): Predictor {
  const binOf = (promptTokens: number) => Math.floor(Math.log2(promptTokens) * 2);
  const all = summary(train, 'mean');
  const bins = new Map(
    [...Map.groupBy(train, ({ promptTokens }) => binOf(promptTokens))].map(
      ([bin, own]) => [bin, summary(own, 'mean')] as const,
    ),
  );
  return { name: 'mean by prompt length', predict: (promptTokens) => bins.get(binOf(promptTokens)) ?? all };
}

function summary(seen: readonly TokenLengths[], center: 'mean' | 'median'): Said {
  const lengths = Float64Array.from(seen, ({ outputTokens }) => outputTokens).sort();
  const [p10, p50, p90] = LEVELS.map((level) => quantile(lengths, level)!) as [number, number, number];
  return { tokens: center === 'mean' ? mean(lengths)! : p50, quantiles: [p10, p50, p90] };
}
