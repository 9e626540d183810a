import type { AiBinding } from '../../src/backends/workers-ai.ts';

/** Workers AI's binding as the platform implements it, in front of the local fleet. */
export function fleetAi(fleetUrl: string): AiBinding {
  return {
    async run(model, inputs, options) {
      const response = await fetch(`${fleetUrl}/workers-ai/run`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, inputs, options: {} }),
        ...(options?.signal && { signal: options.signal }),
      });
      if (!response.ok) throw await upstreamError(response);
      return response.headers.get('content-type') === 'application/json' ? response.json() : response.body;
    },
  };
}

async function upstreamError(response: Response): Promise<Error> {
  const text = await response.text();
  const error = new Error(described(text) ?? text);
  error.name = 'InferenceUpstreamError';
  return error;
}

function described(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  const { internalCode, description } = JSON.parse(text);
  return `${internalCode}: ${description}`;
}
