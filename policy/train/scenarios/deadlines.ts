import type { Random } from '../../../src/platform/random.ts';
import type { Slo } from '../../../src/routing/catalogue.ts';
import { logUniform } from '../../workloads/variates.ts';
import { oneOf, written } from './draws.ts';
import type { IdleTimes } from './speed.ts';

/** Which bounds an SLO has. */
type Bounds = 'end-to-end' | 'pace' | 'all';
const bounds: readonly Bounds[] = ['end-to-end', 'end-to-end', 'pace', 'pace', 'all'];

/** How many times the idle times of the largest model a deadline is. */
interface Slack {
  readonly ttft: number;
  readonly tpot: number;
  readonly e2e: number;
}

const drawSlack = (random: Random): Slack => ({
  ttft: logUniform(3, 20)(random),
  tpot: logUniform(1.6, 8)(random),
  e2e: logUniform(1.8, 12)(random),
});

/**
 * An SLO per task, from how long its mean request takes on the idle largest model: end to end, or pace (TTFT and
 * TPOT), or both. In half the fleets all tasks share the deadline of the slowest; in the others each has its own.
 */
export function drawDeadlines(idle: readonly IdleTimes[], random: Random): readonly Slo[] {
  const kind = oneOf(bounds, random);
  if (random() < 0.5) {
    const shared = sloOf(kind, slowestOf(idle), drawSlack(random));
    return idle.map(() => shared);
  }
  return idle.map((times) => sloOf(kind, times, drawSlack(random)));
}

function sloOf(kind: Bounds, idle: IdleTimes, slack: Slack): Slo {
  const endToEnd = { e2eMs: written(idle.e2eMs * slack.e2e) };
  const pace = { ttftMs: written(idle.ttftMs * slack.ttft), tpotMs: written(idle.tpotMs * slack.tpot) };
  return { ...(kind !== 'pace' && endToEnd), ...(kind !== 'end-to-end' && pace) };
}

function slowestOf(idle: readonly IdleTimes[]): IdleTimes {
  const most = (time: keyof IdleTimes) => Math.max(...idle.map((times) => times[time]));
  return { ttftMs: most('ttftMs'), tpotMs: most('tpotMs'), e2eMs: most('e2eMs') };
}
