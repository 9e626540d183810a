import type { Cell } from '../csv/cell.ts';
import { offsetCell, timestampCell } from './trace-cells.ts';

/** A kind of trace file, recognised by its columns. */
export interface TraceFormat {
  /** `origin` is where the arrivals count from: the first row's, or the instant called 0. */
  readonly arrival: {
    readonly column: string;
    readonly cell: Cell<bigint>;
    readonly origin: 'first' | 'zero';
  };
  readonly promptTokens: string;
  readonly outputTokens: string;
  /** Columns a file may have besides: measured times in milliseconds. */
  readonly measured: { readonly ttftMs?: string; readonly e2eMs?: string };
}

export const traceFormats: readonly TraceFormat[] = [
  {
    arrival: { column: 'TIMESTAMP', cell: timestampCell, origin: 'first' },
    promptTokens: 'ContextTokens',
    outputTokens: 'GeneratedTokens',
    measured: {},
  },
  {
    arrival: { column: 'arrival_ms', cell: offsetCell, origin: 'zero' },
    promptTokens: 'input_tokens',
    outputTokens: 'output_tokens',
    measured: { ttftMs: 'ttft_ms', e2eMs: 'e2e_ms' },
  },
];

/** The columns every file of this format has. */
export function requiredColumns(format: TraceFormat): readonly string[] {
  return [format.arrival.column, format.promptTokens, format.outputTokens];
}
