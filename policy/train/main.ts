import { runInterruptible } from '../command-line/interruptible.ts';
import { formatClock, formatCount } from '../report/format.ts';
import { parseArguments, type TrainCommand, usage } from './arguments.ts';
import type { CurvePoint, RuleToBeat, Trained } from './learner.ts';

const clock = (): number => performance.now();

/** Says on stderr after every validation how good the scorer is, and how long it will take. */
function progress({ scorer, learner, task }: TrainCommand): (point: CurvePoint, rule: RuleToBeat) => void {
  const began = { atMs: clock(), step: Number.NaN };
  return ({ step, utility, measures }, rule) => {
    // What a checkpoint brought took no time now; the first point only sets the pace.
    const paceMs = (clock() - began.atMs) / (step - began.step);
    if (Number.isNaN(began.step)) Object.assign(began, { atMs: clock(), step });
    const parts = [
      `${formatCount(step)} of ${formatCount(task.steps)} ${learner.unit}`,
      `${scorer} ${utility.toFixed(4)}, ${rule.name} ${rule.utility.toFixed(4)}`,
      ...Object.entries(measures).map(([name, value]) => `${name} ${value.toPrecision(3)}`),
      ...(Number.isNaN(paceMs) ? [] : [`about ${formatClock(paceMs * (task.steps - step))} left`]),
    ];
    process.stderr.write(`${parts.join(' · ')}\n`);
  };
}

function summary({ scorer, learner }: TrainCommand, { kept, rule, files }: Trained): string {
  const { step, utility } = kept;
  return (
    `${scorer}: ${utility.toFixed(4)} after ${formatCount(step)} ${learner.unit}; ` +
    `${rule.name}: ${rule.utility.toFixed(4)}\nwrote ${files.join(', ')}\n`
  );
}

await runInterruptible({
  usage,
  parse: parseArguments,
  run: async (command, signal) => {
    const trained = await command.learner.train({ ...command, signal, onPoint: progress(command) });
    return trained && summary(command, trained);
  },
  goingOn: 'the same command with --resume goes on from the last checkpoint',
});
