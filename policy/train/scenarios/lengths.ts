import { type Random, seededRandom } from '../../../src/platform/random.ts';
import {
  independent,
  type JointLengths,
  type LengthLaw,
  lognormalTokens,
  type TokenLengths,
  uniformTokens,
} from '../../workloads/lengths.ts';
import { lognormalAround, logUniform, uniform, type Variate } from '../../workloads/variates.ts';
import { oneOf } from './draws.ts';

/** How long a fleet's requests are: those of its tasks resemble each other. */
export const lengthScales = ['short', 'chat', 'reading'] as const;
export type LengthScale = (typeof lengthScales)[number];

const ranges = {
  short: { prompt: logUniform(20, 300), output: logUniform(4, 32) },
  chat: { prompt: logUniform(50, 3_000), output: logUniform(50, 500) },
  reading: { prompt: logUniform(500, 4_000), output: logUniform(4, 60) },
} as const;

/** The longest prompt and the longest answer of a lognormal law. */
const longestTokens = { prompt: 8_000, output: 1_800 } as const;
/** By which a heavy tail lengthens an answer at most; one in five hundred would be longer. */
const mostLonger = 8;
/** What a request may take of a KV cache, in tokens; no engine could serve a longer one than its cache holds. */
export const longestRequestTokens = longestTokens.prompt + mostLonger * longestTokens.output;

const heavy = lognormalAround(0.8, 0.8);
/** What multiplies the output lengths in the bench's heavy workloads, cut off. */
export const heavyTail: Variate = (random) => Math.min(heavy(random), mostLonger);

/** Lengths of one task: means log-uniform over its scale, each law constant, uniform or lognormal. */
export function drawLengths(scale: LengthScale, random: Random): JointLengths {
  const { prompt, output } = ranges[scale];
  return independent(
    lawAround(prompt(random), longestTokens.prompt, random),
    lawAround(output(random), longestTokens.output, random),
  );
}

function lawAround(mean: number, max: number, random: Random): LengthLaw {
  const tokens = Math.max(1, Math.round(mean));
  switch (oneOf(['constant', 'uniform', 'lognormal'] as const, random)) {
    case 'constant':
      return () => tokens;
    case 'uniform': {
      const spread = Math.round(tokens * uniform(0.2, 0.8)(random));
      return uniformTokens(Math.max(1, tokens - spread), tokens + spread);
    }
    case 'lognormal':
      return lognormalTokens({ mean, sigma: uniform(0.3, 1)(random), max });
  }
}

/** The same lengths, all of them longer or shorter by a factor. */
export function scaledLengths(
  lengths: JointLengths,
  promptFactor: number,
  outputFactor: number,
): JointLengths {
  const scaled = (tokens: number, by: number) => Math.max(1, Math.round(tokens * by));
  return (random) => {
    const { promptTokens, outputTokens } = lengths(random);
    return {
      promptTokens: scaled(promptTokens, promptFactor),
      outputTokens: scaled(outputTokens, outputFactor),
    };
  };
}

const samples = 400;

/** Mean lengths, from draws that are the same every time. */
export function meanLengths(lengths: JointLengths): TokenLengths {
  const random = seededRandom(0);
  let promptTokens = 0;
  let outputTokens = 0;
  for (let index = 0; index < samples; index++) {
    const drawn = lengths(random);
    promptTokens += drawn.promptTokens / samples;
    outputTokens += drawn.outputTokens / samples;
  }
  return { promptTokens, outputTokens };
}
