/** Everything that is wrong with what is to be deployed, at once. */
export class DeploymentError extends Error {
  readonly faults: readonly string[];

  constructor(what: string, faults: readonly string[]) {
    super(`${what}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'DeploymentError';
    this.faults = faults;
  }
}
