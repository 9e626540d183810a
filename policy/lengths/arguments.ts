import { Flags } from '../command-line/flags.ts';

export interface LengthsOptions {
  /** Folder of the Azure traces. */
  readonly data: string;
  readonly json: boolean;
  readonly write: boolean;
}

const defaultData = '../shared/data/azure_llm_2023';

export const usage = `Usage: npm run lengths [-- options]

Teaches the length predictor the first half of each Azure LLM trace, tests it on the second, and compares it with what
one can say without it.

  --data DIR   folder of AzureLLMInferenceTrace_code.csv and _conv.csv
               (default: ${defaultData})
  --json       print one JSON document instead of the tables
  --write      also write policy/artifacts/lengths.json and lengths.md
  --help       this text
`;

const flags = {
  data: { type: 'string' },
  json: { type: 'boolean' },
  write: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/**
 * The command line as options, or `help`.
 * @throws CommandError naming the flag at fault and its value
 */
export function parseArguments(args: readonly string[]): LengthsOptions | 'help' {
  const values = new Flags<keyof typeof flags>(flags, args);
  if (values.has('help')) return 'help';
  return { data: values.text('data') ?? defaultData, json: values.has('json'), write: values.has('write') };
}
