import type { Contender } from '../arena/contender.ts';
import { staticFleet } from '../arena/fleet.ts';
import { CommandError } from '../command-line/command-error.ts';
import { type ContenderContext, contenderNamed } from '../rivals/contenders.ts';

/**
 * A contender by the name the command line gives it: one of the rivals', or a static one on another number of GPUs
 * than the fleet has, `static-large@8`.
 * @throws CommandError listing the known names, or saying what has to be tuned first
 */
export function contenderOf(name: string, context: ContenderContext): Contender {
  const [, own, gpus] = /^(static[-:].+)@(\d+)$/.exec(name) ?? [];
  try {
    if (own === undefined) return contenderNamed(name, context);
    return onGpus(contenderNamed(own, context), name, Number(gpus), context);
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** A static contender on more or fewer GPUs. */
function onGpus(contender: Contender, name: string, gpus: number, { fleet }: ContenderContext): Contender {
  const [variant] = contender.arrange(fleet).catalogue.variants;
  const arranged = staticFleet(fleet, variant!.id, gpus);
  return { name, arrange: () => arranged, scorer: contender.scorer };
}
