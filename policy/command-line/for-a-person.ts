import { CsvError } from '../csv/csv-error.ts';
import { WorkloadError } from '../workloads/workload-error.ts';
import { CommandError } from './command-error.ts';

/** One sentence for what a person can mend; all there is otherwise. */
export function forAPerson(error: unknown): unknown {
  const mendable =
    error instanceof CommandError || error instanceof WorkloadError || error instanceof CsvError;
  return mendable ? error.message : error;
}
