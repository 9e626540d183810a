import { type GapLaw, gammaGaps, poissonGaps, regularGaps, weibullGaps } from '../gaps.ts';
import { cycled, markovModulated, type Rates, regimes, steady } from '../phases.ts';
import { logUniform, uniform } from '../variates.ts';
import type { ArrivalsDocument, GapsDocument } from './document.ts';

const generatedKinds = ['steady', 'regimes', 'markov', 'schedule'] as const;
/** Arrivals that a rate and a law of gaps make. */
export type GeneratedDocument = Extract<ArrivalsDocument, { kind: (typeof generatedKinds)[number] }>;

export function isGenerated(arrivals: ArrivalsDocument): arrivals is GeneratedDocument {
  return generatedKinds.some((kind) => kind === arrivals.kind);
}

/** Requests per second, averaged over all time. */
export function meanRateOf(arrivals: GeneratedDocument): number {
  switch (arrivals.kind) {
    case 'steady':
      return arrivals.requestsPerSecond;
    case 'regimes': {
      const { from, to } = arrivals.requestsPerSecond;
      // The mean of a log-uniform law.
      return from === to ? from : (to - from) / Math.log(to / from);
    }
    case 'markov':
      return timeAverage(arrivals.states.map((state) => ({ ...state, durationS: state.meanDurationS })));
    case 'schedule':
      return timeAverage(arrivals.phases);
  }
}

function timeAverage(stretches: readonly { requestsPerSecond: number; durationS: number }[]): number {
  const requests = stretches.reduce(
    (sum, { requestsPerSecond, durationS }) => sum + requestsPerSecond * durationS,
    0,
  );
  return requests / stretches.reduce((sum, { durationS }) => sum + durationS, 0);
}

/** The rate over time, every one multiplied by `factor`. */
export function ratesOf(arrivals: GeneratedDocument, factor: number): Rates {
  switch (arrivals.kind) {
    case 'steady': {
      const phases = steady(arrivals.requestsPerSecond * factor);
      return () => phases;
    }
    case 'regimes': {
      const { requestsPerSecond, durationS } = arrivals;
      const ratePerSecond = logUniform(requestsPerSecond.from * factor, requestsPerSecond.to * factor);
      const durationMs = uniform(durationS.from * 1000, durationS.to * 1000);
      return (random) => regimes({ durationMs, ratePerSecond }, random);
    }
    case 'markov': {
      const states = arrivals.states.map(({ requestsPerSecond, meanDurationS }) => ({
        ratePerSecond: requestsPerSecond * factor,
        meanDurationMs: meanDurationS * 1000,
      }));
      return (random) => markovModulated(states, random);
    }
    case 'schedule': {
      const phases = arrivals.phases.map(({ requestsPerSecond, durationS }) => ({
        ratePerSecond: requestsPerSecond * factor,
        durationMs: durationS * 1000,
      }));
      return () => cycled(phases);
    }
  }
}

export function gapsOf(gaps: GapsDocument): GapLaw {
  switch (gaps.kind) {
    case 'poisson':
      return poissonGaps;
    case 'regular':
      return regularGaps;
    case 'gamma':
      return gammaGaps(gaps.cv);
    case 'weibull':
      return weibullGaps(gaps.shape);
  }
}
