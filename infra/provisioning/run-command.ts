import { CommandError } from '../../policy/command-line/command-error.ts';
import { DeploymentError } from '../desired-state/deployment-error.ts';

/** Runs a command; what a person can mend is told in words, everything else with all there is. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const mendable = error instanceof CommandError || error instanceof DeploymentError;
    console.error(mendable ? error.message : error);
    process.exitCode = 1;
  }
}
