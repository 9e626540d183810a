import { Flags } from '../command-line/flags.ts';

export interface SimulateOptions {
  /** File of requests. */
  readonly requests: string;
  /** File of step-time coefficients, and the row of it to take. */
  readonly coefficients: string;
  readonly row: string;
  /** What differs from the row; absent: as the row says. */
  readonly maxNumSeqs: number | undefined;
  readonly overheadMs: number | undefined;
  readonly kvTokens: number | undefined;
  readonly json: boolean;
}

export const usage = `Usage: npm run simulate -- --requests FILE --coefficients FILE --row NAME [options]

Serves recorded requests on one simulated engine, and says how long they took.

  --requests FILE      a CSV with arrival_ms,input_tokens,output_tokens and, where they were
                       measured, ttft_ms,e2e_ms; or an AzureLLMInferenceTrace file
  --coefficients FILE  a CSV of step-time coefficients, by gpu,model or by run
  --row NAME           its row: GPU/model, or the run
  --max-seqs N         most requests that run at once (default: the row's, else 128)
  --overhead-ms O      what the server adds to every step (default: the row's, else 1)
  --kv-tokens K        tokens that the KV cache holds (default: the row's, else no limit)
  --json               print one JSON document instead of the table
  --help               this text
`;

const flags = {
  requests: { type: 'string' },
  coefficients: { type: 'string' },
  row: { type: 'string' },
  'max-seqs': { type: 'string' },
  'overhead-ms': { type: 'string' },
  'kv-tokens': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/**
 * The command line as options, or `help`.
 * @throws CommandError naming the flag at fault and its value
 */
export function parseArguments(args: readonly string[]): SimulateOptions | 'help' {
  const values = new Flags<keyof typeof flags>(flags, args);
  if (values.has('help')) return 'help';
  return {
    requests: values.required('requests'),
    coefficients: values.required('coefficients'),
    row: values.required('row'),
    maxNumSeqs: values.number('max-seqs', { least: 1, most: 1e6, whole: true }),
    overheadMs: values.number('overhead-ms', { least: 0, most: 60_000 }),
    kvTokens: values.number('kv-tokens', { least: 1, most: 1e12, whole: true }),
    json: values.has('json'),
  };
}
