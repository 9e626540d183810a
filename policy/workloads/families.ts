import type { TaskProfile } from './generate.ts';
import { independent, lognormalTokens, uniformTokens } from './lengths.ts';

/** Tasks that are scored on the same ladder of models, and what their requests look like. */
export type TaskFamily = Readonly<Record<string, TaskProfile>>;

/** The four tasks of the paper ladder (Pythia's scores, OPT's latency), lengths as the benchmark states them. */
export const paperTasks: TaskFamily = {
  hellaswag: { lengths: independent(uniformTokens(60, 180), uniformTokens(16, 32)) },
  copa: { lengths: independent(uniformTokens(20, 60), uniformTokens(4, 12)) },
  piqa: { lengths: independent(uniformTokens(30, 120), uniformTokens(12, 28)) },
  openbookqa: { lengths: independent(uniformTokens(30, 90), uniformTokens(4, 16)) },
};

/**
 * A chat request of production length: mean and spread of the logarithm as in the conversation trace of the Azure
 * LLM inference dataset 2023 (1,155 prompt tokens, sigma 0.99; 211 output tokens, sigma 0.86).
 */
const conversation: TaskProfile = {
  lengths: independent(
    lognormalTokens({ mean: 1155, sigma: 0.99, max: 14_000 }),
    lognormalTokens({ mean: 211, sigma: 0.86, max: 2_000 }),
  ),
};

/** The five tasks of the chat ladder (Llama 3 model cards), each asked at a conversation's lengths. */
export const chatTasks: TaskFamily = {
  mmlu: conversation,
  ifeval: conversation,
  gsm8k: conversation,
  math: conversation,
  'arc-c': conversation,
};

const families: readonly TaskFamily[] = [paperTasks, chatTasks];

/** The family a task belongs to; a task nobody has described stands alone and is asked at a conversation's lengths. */
export function familyOf(task: string): TaskFamily {
  return families.find((family) => Object.hasOwn(family, task)) ?? { [task]: conversation };
}
