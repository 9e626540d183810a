import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ScorerInput, scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import { learnedPolicy } from '../../src/routing/scorers/learned.ts';
import { type Contender, contender } from '../arena/contender.ts';
import { type Fleet, staticFleet } from '../arena/fleet.ts';
import { dqn } from './dqn/dqn.ts';
import { PaperView } from './dqn/paper-view.ts';
import { networkOf, readWeights, weightsFile } from './dqn/weights.ts';
import { type Size, sizes, variantOfSize } from './ladder.ts';
import { learnedFrom } from './learned.ts';
import { shedding } from './shedding.ts';
import { sloHeadroom } from './slo-headroom.ts';
import { specialistFor } from './specialists.ts';
import { type TunableName, tunables } from './tunable.ts';
import { findTuned, readTuned, type TunedResult, valuesFor } from './tuned.ts';

/** Where a contender is to compete. Tuned ones look up what was found for it. */
export interface ContenderContext {
  readonly fleet: Fleet;
  /** Name of the workload (its family, for one at another rate). */
  readonly workload: string;
  /** By default the results that come with the project. */
  readonly tuned?: readonly TunedResult[];
  /** Folder of what was learned; by default what comes with the project. */
  readonly artifacts?: string;
}

/** Refuses what is predicted to be late; may follow any contender's name. */
const SHEDDING = '+shedding';

type Make = (context: ContenderContext, name: string) => Contender;

const makers: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(sizes.map((size) => [`static-${size}`, staticOfSize(size)])),
  'least-in-flight': configured({ kind: 'least-in-flight' }),
  'power-of-two': configured({ kind: 'power-of-two' }),
  'in-flight-caps': tunedHere('in-flight-caps'),
  'largest-on-time': tunedHere('largest-on-time'),
  'slo-headroom': routing((_, random) => sloHeadroom('least', random)),
  'slo-headroom-most': routing((_, random) => sloHeadroom('most', random)),
  cascade: tunedHere('cascade'),
  'shadow-price': configured({ kind: 'shadow-price', harm: 0 }),
  'shadow-price-harm': configured({ kind: 'shadow-price' }),
  'shadow-price-tuned': tunedHere('shadow-price'),
  'shadow-price-free': tunedHere('shadow-price-free'),
  'shadow-price-elsewhere': (context, name) => {
    const { fleet, workload } = elsewhere(context);
    return tunedOn('shadow-price', fleet, workload)(context, name);
  },
  learned: learnedOf(),
  dqn: (context, name) => dqnOf(context.fleet.name, context.workload)(context, name),
};

/**
 * Every contender by name. Besides these: `static:VARIANT` (all GPUs for that one), `shadow-price@FLEET/WORKLOAD`
 * (tuned there, used here as it is), `dqn@FLEET/WORKLOAD` likewise, `learned:FILE` (another exported network),
 * `specialist@CASE` (the policy trained on for that case), and `+shedding` after any name.
 */
export const contenderNames: readonly string[] = Object.keys(makers).flatMap((name) =>
  name.startsWith('static-') ? [name, name + SHEDDING] : [name],
);

/** @throws Error for a name nobody has, and for a tuned contender that was never tuned for the context */
export function contenderNamed(name: string, context: ContenderContext): Contender {
  if (name.endsWith(SHEDDING)) return thatSheds(contenderNamed(name.slice(0, -SHEDDING.length), context));
  const make = Object.hasOwn(makers, name) ? makers[name] : patterned(name);
  if (make === undefined)
    throw new Error(
      `no scorer "${name}"; known: ${contenderNames.join(', ')}, static:VARIANT, shadow-price@FLEET/WORKLOAD, dqn@FLEET/WORKLOAD, learned:FILE, specialist@CASE`,
    );
  return make(context, name);
}

function patterned(name: string): Make | undefined {
  const [, variant] = /^static:(.+)$/.exec(name) ?? [];
  if (variant !== undefined) return (context, given) => staticServing(given, () => variant, context);
  const [, file] = /^learned:(.+)$/.exec(name) ?? [];
  if (file !== undefined) return learnedOf(file);
  const [, specialty] = /^specialist@(.+)$/.exec(name) ?? [];
  if (specialty !== undefined) return specialistOf(specialty);
  const [, scorer, fleet, workload] = /^(shadow-price|dqn)@([^/]+)\/(.+)$/.exec(name) ?? [];
  if (fleet === undefined || workload === undefined) return undefined;
  return scorer === 'dqn' ? dqnOf(fleet, workload) : tunedOn('shadow-price', fleet, workload);
}

function staticOfSize(size: Size): Make {
  return (context, name) => staticServing(name, (fleet) => variantOfSize(fleet.catalogue, size).id, context);
}

/** All GPUs for one variant, balanced over by the endpoint itself, least outstanding first. */
function staticServing(
  name: string,
  variantOf: (fleet: Fleet) => string,
  { fleet }: ContenderContext,
): Contender {
  // Arranged once in advance, so that a variant nobody has is reported before anything runs.
  staticFleet(fleet, variantOf(fleet));
  return {
    name,
    arrange: (given) => staticFleet(given, variantOf(given)),
    scorer: (arranged, random) => createScorer(arranged.catalogue.scorer, random),
  };
}

function routing(scorer: Contender['scorer']): Make {
  return (_, name) => contender(name, scorer);
}

function configured(input: ScorerInput): Make {
  const config = scorerSchema.parse(input);
  return routing((_, random) => createScorer(config, random));
}

function tunedHere(scorer: TunableName): Make {
  return (context, name) => tunedOn(scorer, context.fleet.name, context.workload)(context, name);
}

function tunedOn(scorer: TunableName, fleet: string, workload: string): Make {
  return (context, name) => {
    const result = findTuned(context.tuned ?? readTuned(), { scorer, fleet, workload });
    if (result === undefined)
      throw new Error(
        `${name}: not tuned for ${fleet} and ${workload}; ` +
          `run: npm run tune -- --fleet ${fleet} --workload ${workload} --scorer ${scorer}`,
      );
    return contender(name, ({ catalogue }, random) =>
      tunables[scorer].scorer(catalogue, valuesFor(result, catalogue), random),
    );
  };
}

/** One network for every fleet. */
function learnedOf(file?: string): Make {
  return (context, name) => {
    const scorer = learnedFrom(file ?? join(artifactsOf(context), 'learned.onnx'));
    return contender(name, () => scorer);
  };
}

function specialistOf(specialty: string): Make {
  return (_, name) => {
    const scorer = learnedPolicy(specialistFor(specialty));
    return contender(name, () => scorer);
  };
}

function artifactsOf({ artifacts }: ContenderContext): string {
  return artifacts ?? fileURLToPath(new URL('../artifacts', import.meta.url));
}

/** The paper's learner, as it was trained for a fleet and a workload; on another fleet it is of no use. */
function dqnOf(fleet: string, workload: string): Make {
  return (context, name) => {
    const weights = readWeights(join(artifactsOf(context), weightsFile(fleet, workload)));
    if (weights === undefined)
      throw new Error(
        `${name}: not trained for ${fleet} and ${workload}; ` +
          `run: npm run train -- --scorer dqn --fleet ${fleet} --workload ${workload}`,
      );
    if (fleet !== context.fleet.name)
      throw new Error(`${name}: a network of the paper's knows one fleet; this is ${context.fleet.name}`);
    // Made once in advance, so that weights for other models are reported before anything runs.
    networkOf(weights, new PaperView(context.fleet.catalogue));
    return contender(name, ({ catalogue }) => {
      const view = new PaperView(catalogue);
      return dqn(view, networkOf(weights, view));
    });
  };
}

/** What is elsewhere for a context: another fleet under another kind of load, so that neither was tuned for. */
function elsewhere({ fleet, workload }: ContenderContext): { fleet: string; workload: string } {
  return {
    fleet: fleet.name === 'paper-partitioned' ? 'paper-cohosted' : 'paper-partitioned',
    workload: workload.startsWith('storm') ? 'surge' : 'storm',
  };
}

function thatSheds(own: Contender): Contender {
  return {
    name: own.name + SHEDDING,
    arrange: (fleet) => own.arrange(fleet),
    scorer: (fleet, random) => shedding(own.scorer(fleet, random)),
  };
}
