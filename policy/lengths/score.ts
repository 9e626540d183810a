import { LEVELS } from '../../src/routing/lengths/calibration.ts';
import type { TokenLengths } from '../workloads/lengths.ts';
import type { Predictor } from './predictors.ts';
import { kendallTau } from './rank-correlation.ts';

/** How well a predictor did on requests it had not seen. */
export interface Score {
  readonly predictor: string;
  /** Mean absolute error of the one number, and root of the mean square one, tokens. */
  readonly absoluteError: number;
  readonly squareError: number;
  /** Root of the mean square of ln(actual / predicted). */
  readonly logError: number;
  /** Mean pinball loss of the three quantiles, tokens: the smaller, the sharper and the better placed they are. */
  readonly pinball: number;
  /** Share of answers no longer than the quantiles 0.1, 0.5 and 0.9. */
  readonly coverage: readonly number[];
  /** Kendall's τ-b between the one number and the length. */
  readonly kendallTau: number;
}

/** Predicts one request after the other. A predictor that learns on is told each length right after it was asked. */
export function scoreOf(predictor: Predictor, test: readonly TokenLengths[]): Score {
  const predicted: number[] = [];
  const coverage = LEVELS.map(() => 0);
  let [absolute, square, log, pinball] = [0, 0, 0, 0];
  for (const request of test) {
    const { outputTokens: actual } = request;
    const { tokens, quantiles } = predictor.predict(request.promptTokens);
    predicted.push(tokens);
    absolute += Math.abs(actual - tokens);
    square += (actual - tokens) ** 2;
    log += Math.log(actual / tokens) ** 2;
    for (const [index, quantile] of quantiles.entries()) {
      const over = actual - quantile;
      pinball += Math.max(LEVELS[index]! * over, (LEVELS[index]! - 1) * over) / quantiles.length;
      if (actual <= quantile) coverage[index]! += 1;
    }
    predictor.learn?.(request);
  }
  const count = test.length;
  return {
    predictor: predictor.name,
    absoluteError: absolute / count,
    squareError: Math.sqrt(square / count),
    logError: Math.sqrt(log / count),
    pinball: pinball / count,
    coverage: coverage.map((covered) => covered / count),
    kendallTau: kendallTau(
      predicted,
      test.map(({ outputTokens }) => outputTokens),
    ),
  };
}
