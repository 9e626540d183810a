import { z } from 'zod';
import { CommandError } from '../../policy/command-line/command-error.ts';
import { regionTag } from '../aws/invoker-names.ts';
import type { Run } from './programs.ts';
import { succeed } from './succeed.ts';

const stacksSchema = z.object({
  Stacks: z
    .array(
      z.object({
        StackStatus: z.string(),
        EnableTerminationProtection: z.boolean().optional(),
        Outputs: z.array(z.object({ OutputKey: z.string(), OutputValue: z.string() })).default([]),
      }),
    )
    .min(1),
});

/** A role or a user, under the name of its kind. */
const principalSchema = z.record(
  z.string(),
  z.object({ Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]) }),
);

/** States of a stack whose creation came to nothing: none of its resources is there. */
const uncreated = ['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'];

/** Of a stack that CloudFormation is at work on. A review is nobody's work: it waits for a person. */
const underWay = /(?<!REVIEW)_IN_PROGRESS$/;

/** A CloudFormation stack as it is now. */
export interface StackState {
  readonly status: string;
  /** Whether there is more of it than its name. */
  readonly isCreated: boolean;
  /** Whether CloudFormation is at work on it, and refuses every other change meanwhile. */
  readonly isChanging: boolean;
  readonly isProtected: boolean;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The AWS CLI's answers in one region. */
export class Aws {
  readonly #run: Run;
  readonly region: string;

  constructor(run: Run, region: string) {
    this.#run = run;
    this.region = region;
  }

  /** The same in another region. */
  in(region: string): Aws {
    return new Aws(this.#run, region);
  }

  /** @throws CommandError with the CLI's words when it fails */
  async ask(args: readonly string[]): Promise<unknown> {
    const text = await succeed('aws', this.#run, [...args, '--region', this.region, '--output', 'json']);
    return text.trim() === '' ? undefined : JSON.parse(text);
  }

  /** What the CLI answers, or why it does not. */
  async attempt(
    args: readonly string[],
  ): Promise<{ readonly answer: unknown } | { readonly failure: string }> {
    try {
      return { answer: await this.ask(args) };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Number of the account that the credentials belong to. */
  async account(): Promise<string> {
    const identity = await this.ask(['sts', 'get-caller-identity']);
    return z.object({ Account: z.string() }).parse(identity).Account;
  }

  /** @returns undefined where there is no such stack */
  async stack(name: string): Promise<StackState | undefined> {
    const found = await this.attempt(['cloudformation', 'describe-stacks', '--stack-name', name]);
    if ('failure' in found) {
      if (found.failure.includes('does not exist')) return undefined;
      throw new CommandError(found.failure);
    }
    const [stack] = stacksSchema.parse(found.answer).Stacks;
    return {
      status: stack!.StackStatus,
      isCreated: !uncreated.includes(stack!.StackStatus),
      isChanging: underWay.test(stack!.StackStatus),
      isProtected: stack!.EnableTerminationProtection ?? false,
      outputs: Object.fromEntries(
        stack!.Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
      ),
    };
  }

  /** Lets a stack be deleted. */
  async unprotect(name: string): Promise<void> {
    const args = ['update-termination-protection', '--no-enable-termination-protection'];
    await this.ask(['cloudformation', ...args, '--stack-name', name]);
  }

  /** Where the stack is whose role or user has this name; undefined where that is not known. */
  async invokerRegion(name: string): Promise<string | undefined> {
    const found = await Promise.all([
      this.attempt(['iam', 'get-role', '--role-name', name]),
      this.attempt(['iam', 'get-user', '--user-name', name]),
    ]);
    return found
      .flatMap((each) => ('failure' in each ? [] : Object.values(principalSchema.parse(each.answer))))
      .flatMap(({ Tags }) => Tags)
      .find(({ Key }) => Key === regionTag)?.Value;
  }

  /** Ids of a user's access keys, the oldest first; none where there is no such user. */
  async accessKeys(user: string): Promise<readonly string[]> {
    const found = await this.attempt(['iam', 'list-access-keys', '--user-name', user]);
    if ('failure' in found) {
      if (found.failure.includes('NoSuchEntity')) return [];
      throw new CommandError(found.failure);
    }
    return z
      .object({ AccessKeyMetadata: z.array(z.object({ AccessKeyId: z.string(), CreateDate: z.string() })) })
      .parse(found.answer)
      .AccessKeyMetadata.toSorted((a, b) => Date.parse(a.CreateDate) - Date.parse(b.CreateDate))
      .map(({ AccessKeyId }) => AccessKeyId);
  }

  /** Makes an access key. The result is a secret. */
  async createAccessKey(user: string): Promise<{ readonly id: string; readonly secret: string }> {
    const { AccessKey } = z
      .object({ AccessKey: z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string() }) })
      .parse(await this.ask(['iam', 'create-access-key', '--user-name', user]));
    return { id: AccessKey.AccessKeyId, secret: AccessKey.SecretAccessKey };
  }

  async deleteAccessKey(user: string, id: string): Promise<void> {
    await this.ask(['iam', 'delete-access-key', '--user-name', user, '--access-key-id', id]);
  }
}
