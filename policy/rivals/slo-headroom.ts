import type { Random } from '../../src/platform/random.ts';
import type { Slo } from '../../src/routing/catalogue.ts';
import type { Action, Observation } from '../../src/routing/observation.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';

/**
 * Routing by predicted headroom as llm-d does it: the `slo-aware-routing` plugin of
 * kubernetes-sigs/gateway-api-inference-extension, with its default weights. Predict every server's latency, keep
 * those with headroom under every bound, and draw one of them with a weight by its headroom, normalised among the
 * candidates; `least` headroom, the default, packs requests close to the limit, `most` spreads them. With a
 * probability of 1 % one without headroom is drawn instead, as exploration. Where none has any, idle ones come first,
 * then the weight is larger the smaller the deficit.
 *
 * llm-d is made for servers that are all alike, so quality plays no part in it; packing fills the slow, large models
 * first all the same. Deviations: the end-to-end bound, which llm-d does not have, is a third headroom with the weight
 * of the first token's; the candidates not drawn follow by weight instead of not at all; prefix affinity is left out,
 * since prompts share nothing here.
 */
export function sloHeadroom(strategy: 'least' | 'most', random: Random): SyncScorer {
  return {
    name: strategy === 'least' ? 'slo-headroom' : 'slo-headroom-most',
    score: (observation) => {
      const candidates = candidatesOf(observation);
      const ample = candidates.filter(({ headrooms }) => headrooms.every(({ shareLeft }) => shareLeft > 0));
      const short = candidates.filter((candidate) => !ample.includes(candidate));
      const explore = ample.length === 0 || (short.length > 0 && random() < EXPLORED_SHARE);
      const scores = observation.actions.map(() => -1);
      const preferred = explore ? withIdleFirst(short) : ample;
      const weights = explore ? deficitWeights(preferred) : headroomWeights(preferred, strategy);
      for (const [place, { index }] of preferred.entries()) scores[index] = drawKey(weights[place]!, random);
      return scores;
    },
  };
}

const EXPLORED_SHARE = 0.01;
const TPOT_WEIGHT = 0.2;
const WHOLE_WEIGHT = 0.8;
/** llm-d draws among integer weights; the floor leaves everybody a chance. */
const LARGEST_WEIGHT = 100;
const LARGEST_DEFICIT_WEIGHT = 80;
const LEAST_WEIGHT = 2;

interface Headroom {
  readonly weight: number;
  /** Of the bound; negative: a deficit. */
  readonly shareLeft: number;
}

interface Candidate {
  readonly index: number;
  readonly idle: boolean;
  readonly headrooms: readonly Headroom[];
}

function candidatesOf({ actions, request }: Observation): Candidate[] {
  return actions.flatMap((action, index) =>
    action.masked === undefined
      ? [{ index, idle: action.load.inFlight === 0, headrooms: headroomsOf(action, request.slo) }]
      : [],
  );
}

function headroomsOf({ predicted }: Action, slo: Slo): Headroom[] {
  const headroom = (weight: number, boundMs: number | undefined, predictedMs: number) =>
    boundMs === undefined ? [] : [{ weight, shareLeft: 1 - predictedMs / boundMs }];
  return [
    ...headroom(WHOLE_WEIGHT, slo.ttftMs, predicted.ttftMs),
    ...headroom(TPOT_WEIGHT, slo.tpotMs, predicted.tpotMs),
    ...headroom(WHOLE_WEIGHT, slo.e2eMs, predicted.e2eMs),
  ];
}

/** Servers without requests are the only ones sure to recover; llm-d strictly prefers them. */
function withIdleFirst(candidates: readonly Candidate[]): readonly Candidate[] {
  const idle = candidates.filter((candidate) => candidate.idle);
  return idle.length > 0 ? idle : candidates;
}

function headroomWeights(candidates: readonly Candidate[], strategy: 'least' | 'most'): number[] {
  return blended(candidates, ({ shareLeft }) => shareLeft, 0.5).map((combined) => {
    const wanted = strategy === 'least' ? 1 - combined : combined;
    return Math.floor(wanted * (LARGEST_WEIGHT - 1)) + LEAST_WEIGHT;
  });
}

function deficitWeights(candidates: readonly Candidate[]): number[] {
  return blended(candidates, ({ shareLeft }) => Math.max(-shareLeft, 0), 0).map(
    (badness) => Math.floor((1 - badness) * LARGEST_DEFICIT_WEIGHT) + LEAST_WEIGHT,
  );
}

/** Each bound's measure, normalised to 0 … 1 among the candidates (`ifEqual` where all agree) and averaged by weight. */
function blended(
  candidates: readonly Candidate[],
  measure: (headroom: Headroom) => number,
  ifEqual: number,
): number[] {
  const bounds = candidates[0]?.headrooms ?? [];
  const totalWeight = bounds.reduce((sum, { weight }) => sum + weight, 0);
  const sums = candidates.map(() => (bounds.length === 0 ? ifEqual : 0));
  for (const [bound, { weight }] of bounds.entries()) {
    const values = candidates.map(({ headrooms }) => measure(headrooms[bound]!));
    const low = Math.min(...values);
    const range = Math.max(...values) - low;
    for (const [place, value] of values.entries())
      sums[place]! += (weight / totalWeight) * (range > 1e-9 ? (value - low) / range : ifEqual);
  }
  return sums;
}

/**
 * A key whose largest is a draw with probability proportional to the weights, and whose order is one without
 * replacement (Efraimidis and Spirakis 2006). Between 0 and 1.
 */
function drawKey(weight: number, random: Random): number {
  return random() ** (1 / weight);
}
