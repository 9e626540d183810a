import { WorkerEntrypoint } from 'cloudflare:workers';

interface LocalEnv {
  /** Where the local fleet listens. */
  readonly FLEET_URL: string;
}

/** What the fleet answers when it turns a call down, in the shape the platform's service has it too. */
interface AiFailure {
  readonly internalCode: number;
  readonly name: string;
  readonly description: string;
}

/**
 * Stands in for the `AI` binding: the same `run`, answered by the local fleet. Bound to the Worker itself, as this
 * entrypoint, in the local environment only, so that the deployed bundle does not contain it.
 */
export class LocalAI extends WorkerEntrypoint<LocalEnv> {
  /** @throws Error named and worded as the platform's binding throws it. */
  async run(
    model: string,
    inputs: Record<string, unknown>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const { signal, ...rest } = options;
    const response = await fetch(`${this.env.FLEET_URL}/workers-ai/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, inputs, options: rest }),
      ...(signal && { signal }),
    });
    if (!response.ok) throw failureOf(await response.text());
    return inputs.stream ? response.body : response.json();
  }
}

function failureOf(text: string): Error {
  const failure = parse(text);
  if (failure === undefined) return Object.assign(new Error(text), { name: 'InferenceUpstreamError' });
  return Object.assign(new Error(`${failure.internalCode}: ${failure.description}`), { name: failure.name });
}

function parse(text: string): AiFailure | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
