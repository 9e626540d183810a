interface Stack {
  status: string;
  isProtected: boolean;
  outputs: Record<string, string>;
  /** Undefined: in whichever is asked. */
  region?: string;
}

/** What the two clouds hold. Stand-ins for their programs read and change it, as the real ones do over the network. */
export interface CloudState {
  account: string;
  quotas: Record<string, number>;
  images: string[];
  /** CloudFormation stacks by name. */
  stacks: Record<string, Stack>;
  /** Whether the deployed stack is what the app would synthesize. */
  stackIsCurrent: boolean;
  accessKeys: { id: string; secret: string }[];
  keysMade: number;
  loggedIn: boolean;
  r2: boolean;
  /** The objects in every bucket, by key. */
  buckets: Record<string, Record<string, string>>;
  worker: { variables: Record<string, string>; secrets: Record<string, string> } | null;
  /** Whether an older version of the Worker than the newest is live. */
  isRolledBack: boolean;
  /** Program and first arguments of a command that fails once. */
  failOnce: string | null;
}

/** Two accounts that are ready for a deployment of the mixed environment and hold nothing of it. */
export const readyClouds: CloudState = {
  account: '111122223333',
  quotas: { 'ml.g5.12xlarge for endpoint usage': 3, 'ml.g6.2xlarge for endpoint usage': 2 },
  images: ['djl-inference:1.0'],
  stacks: {},
  stackIsCurrent: true,
  accessKeys: [],
  keysMade: 0,
  loggedIn: true,
  r2: true,
  buckets: {},
  worker: null,
  isRolledBack: false,
  failOnce: null,
};

/** What a stand-in does with a command line: an answer to print as JSON, or a `Failure`. */
export type StandIn = (state: CloudState, args: readonly string[], input: string) => unknown;

/** A program that ends with its words on standard error. */
export class Failure extends Error {}

export function option(args: readonly string[], name: string): string {
  return args[args.indexOf(name) + 1] ?? '';
}
