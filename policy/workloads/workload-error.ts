/** Everything that is wrong with a workload, each fault as `where: field: what was expected, what was received`. */
export class WorkloadError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'WorkloadError';
    this.faults = faults;
  }
}
