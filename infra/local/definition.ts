import type { LengthLaw } from './generation/text.ts';

/** What of a SageMaker endpoint a request addresses; absent: the endpoint has only this. */
export interface Selector {
  readonly inferenceComponent?: string;
  readonly targetModel?: string;
  readonly targetVariant?: string;
}

/** One model, served by one engine on every replica of its endpoint. */
export interface ModelDefinition {
  /** What the server calls it. */
  readonly name: string;
  /** Row of the step-time coefficients, `GPU/model`. */
  readonly coefficients: string;
  readonly contextTokens: number;
  /** Length of the answers to prompts that ask for none. */
  readonly answers: LengthLaw;
  readonly selector?: Selector;
  /** Upper bound on the answer of a request that sets none; absent: the rest of the context. */
  readonly defaultMaxTokens?: number;
  /**
   * Workers AI has two generations of text models: `response` answers `{ response, usage }`, `choices` as OpenAI does.
   */
  readonly shape?: 'response' | 'choices';
}

export type ProtocolDefinition =
  | { readonly kind: 'sagemaker'; readonly endpointName: string; readonly region: string }
  /** `apiKey`: the bearer token it demands; absent: none. */
  | { readonly kind: 'openai'; readonly apiKey?: string }
  | { readonly kind: 'workers-ai' };

export interface EndpointDefinition {
  readonly id: string;
  readonly protocol: ProtocolDefinition;
  /** GPUs (or tensor-parallel groups) that each run all of the models. */
  readonly replicas: number;
  readonly models: readonly ModelDefinition[];
  /** Requests that may wait on one replica before it turns further ones down. */
  readonly maxWaitingPerReplica?: number;
}

export interface FleetDefinition {
  readonly endpoints: readonly EndpointDefinition[];
}
