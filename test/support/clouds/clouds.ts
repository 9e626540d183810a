import type { Programs, Run } from '../../../infra/provisioning/programs.ts';
import { aws } from './aws.ts';
import { cdk } from './cdk.ts';
import { type CloudState, Failure, readyClouds, type StandIn } from './state.ts';
import { wrangler } from './wrangler.ts';

const standIns: Readonly<Record<keyof Programs, StandIn>> = { aws, cdk, wrangler };

/** Stand-ins for both clouds, and a record of what was asked of them. */
export class Clouds {
  readonly state: CloudState;
  /** Command lines in their order. */
  readonly commands: string[] = [];

  constructor(changes: Partial<CloudState> = {}) {
    this.state = { ...structuredClone(readyClouds), ...changes };
  }

  /** The programs that a deployment runs, answered from here. */
  get programs(): Programs {
    const run =
      (name: keyof Programs): Run =>
      async (args, { input = '' } = {}) =>
        this.answer(name, args, input);
    return { aws: run('aws'), cdk: run('cdk'), wrangler: run('wrangler') };
  }

  /** Commands that have changed something. */
  get changes(): string[] {
    const changing =
      /^(aws iam (create|delete)|cdk (bootstrap|deploy|destroy)|wrangler (deploy|delete|secret bulk|r2 (bucket create|bucket delete|object put|object delete)))/;
    return this.commands.filter((line) => changing.test(line));
  }

  answer(name: keyof Programs, args: readonly string[], input: string): Awaited<ReturnType<Run>> {
    const line = `${name} ${args.join(' ')}`;
    this.commands.push(line);
    try {
      if (this.state.failOnce !== null && line.startsWith(this.state.failOnce)) {
        this.state.failOnce = null;
        throw new Failure(`${name} lost its connection`);
      }
      const answer = standIns[name](this.state, args, input);
      return { code: 0, stdout: answer === undefined ? '' : JSON.stringify(answer), stderr: '' };
    } catch (error) {
      if (error instanceof Failure) return { code: 254, stdout: '', stderr: error.message };
      throw error;
    }
  }
}
