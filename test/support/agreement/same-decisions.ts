import { seededRandom } from '../../../src/platform/random.ts';
import type { Slo } from '../../../src/routing/catalogue.ts';
import type { Action } from '../../../src/routing/observation.ts';
import { rank } from '../../../src/routing/rank.ts';
import type { SeenDecision } from './recording.ts';

export interface DecisionPair {
  readonly promptTokens: number;
  readonly real: SeenDecision;
  readonly simulated: SeenDecision;
}

/** Decisions on the same requests, in the order of the first. @throws Error when one was decided on one side only */
export function pairsOf(
  real: ReadonlyMap<number, SeenDecision>,
  simulated: ReadonlyMap<number, SeenDecision>,
): DecisionPair[] {
  if (real.size !== simulated.size) throw new Error(`${real.size} decisions and ${simulated.size}`);
  return [...real].map(([promptTokens, decision]) => {
    const other = simulated.get(promptTokens);
    if (other === undefined) throw new Error(`no simulated decision on a prompt of ${promptTokens} tokens`);
    return { promptTokens, real: decision, simulated: other };
  });
}

/** The variant that was ranked first. Ties, which no shadow price has, would be drawn. */
export function choiceOf({ observation, scores }: SeenDecision): string {
  return rank(observation, scores, seededRandom(1))[0]!.action.variant.id;
}

export function isSameChoice({ real, simulated }: DecisionPair): boolean {
  return choiceOf(real) === choiceOf(simulated);
}

/** Share of a promise up to which predictions of it count as the same, and difference of scores that this may make. */
const tolerance = 0.02;

/** Whether both saw the same load everywhere, and had learned the same of the variants' speed. */
export function isSameState({ real, simulated }: DecisionPair): boolean {
  const { actions, request } = real.observation;
  return actions.every((action, index) =>
    isSameAction(action, simulated.observation.actions[index]!, request.slo),
  );
}

function isSameAction(a: Action, b: Action, { ttftMs = 0, tpotMs = 0 }: Slo): boolean {
  return (
    a.load.inFlight === b.load.inFlight &&
    a.load.queued === b.load.queued &&
    a.load.promptTokensQueued === b.load.promptTokensQueued &&
    Math.abs(a.predicted.ttftMs - b.predicted.ttftMs) <= tolerance * ttftMs &&
    Math.abs(a.predicted.tpotMs - b.predicted.tpotMs) <= tolerance * tpotMs
  );
}

/** Whether the two best scores are so near that what still counts as the same state may turn the choice. */
export function isCloseCall({ real, simulated }: DecisionPair): boolean {
  return [real, simulated].some(({ scores }) => {
    const [best = 0, next = 0] = scores.toSorted((a, b) => b - a);
    return best - next < tolerance;
  });
}
