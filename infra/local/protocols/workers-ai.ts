import { z } from 'zod';
import type { ModelDefinition } from '../definition.ts';
import { parseJson } from '../generation/chat-request.ts';
import { readBody } from '../http.ts';
import type { Endpoint } from '../serving/endpoint.ts';
import type { Wire } from '../serving/exchange.ts';
import { serve } from '../serving/serve.ts';
import { plainFraming } from '../wire/framing.ts';
import { type HttpAnswer, HttpError, jsonAnswer, type Refusal } from '../wire/refusal.ts';
import { vllmFormat } from '../wire/vllm-format.ts';
import { responseFormat } from '../wire/workers-ai-format.ts';
import type { FleetState, Protocol } from './protocol.ts';

const callSchema = z.object({ model: z.string(), inputs: z.record(z.string(), z.unknown()) });

/**
 * What stands behind the `AI` binding: `POST /workers-ai/run` with `{ model, inputs, options }`. A failure is an object
 * whose `internalCode` and `description` the binding throws as `code: description`.
 */
export const workersAi: Protocol = async (request, response, fleet) => {
  const call = callSchema.safeParse(parseJson(await readBody(request)));
  if (!call.success) throw new HttpError(aiError(3003, 'Request is missing headers or body'));
  const { model: name, inputs } = call.data;
  const { endpoint, model } = modelNamed(fleet, name);
  const body = withMessages(inputs);
  const record = fleet.log.add({
    endpoint: endpoint.definition.id,
    model: model.name,
    path: request.url ?? '',
    headers: request.headers,
    body,
  });
  await serve({ endpoint, model, body, wire: wireOf(model), response, record }, fleet.faults);
};

function modelNamed(fleet: FleetState, name: string): { endpoint: Endpoint; model: ModelDefinition } {
  for (const endpoint of fleet.endpoints) {
    if (endpoint.definition.protocol.kind !== 'workers-ai') continue;
    const model = endpoint.definition.models.find((each) => each.name === name);
    if (model) return { endpoint, model };
  }
  throw new HttpError(aiError(5007, `No such model ${name} or task`));
}

/** `prompt` is the other way to ask. */
function withMessages(inputs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { prompt, ...rest } = inputs;
  return typeof prompt === 'string' && !('messages' in rest)
    ? { ...rest, messages: [{ role: 'user', content: prompt }] }
    : inputs;
}

function wireOf(model: ModelDefinition): Wire {
  return {
    format: model.shape === 'choices' ? vllmFormat : responseFormat,
    framing: plainFraming,
    streamHeaders: { 'content-type': 'text/event-stream' },
    wholeHeaders: { 'content-type': 'application/json' },
    refuse,
  };
}

/** The platform's table of errors, as far as a text model meets them: code → HTTP status. */
const statuses: Readonly<Record<number, number>> = {
  3003: 400,
  3007: 408,
  3036: 429,
  3040: 429,
  5006: 400,
  5007: 400,
  5021: 413,
};

const descriptions: Readonly<Record<number, string>> = {
  3007: 'Request timeout',
  3036:
    "you have used up your daily free allocation of 10,000 neurons, please upgrade to Cloudflare's Workers Paid plan " +
    'if you would like to continue usage.',
  3040: 'Capacity temporarily exceeded, please try again.',
};

function refuse(refusal: Refusal): HttpAnswer {
  switch (refusal.kind) {
    case 'overloaded':
      return aiError(3040);
    case 'context-exceeded':
      return aiError(
        5021,
        `The estimated number of input and maximum output tokens (${refusal.promptTokens + refusal.outputTokens}) ` +
          `exceeded this model context window limit (${refusal.contextTokens}).`,
      );
    case 'model-not-found':
      return aiError(5007, `No such model ${refusal.model} or task`);
    case 'invalid':
      return aiError(5006, `Error: ${refusal.message}`);
    case 'told':
      return told(refusal);
  }
}

function told(refusal: Extract<Refusal, { kind: 'told' }>): HttpAnswer {
  const code = Number(refusal.code ?? (refusal.status === 429 ? 3040 : 0));
  if (descriptions[code] !== undefined) return aiError(code);
  // Without a code of the platform's the binding throws the body's text as it is.
  return {
    status: refusal.status,
    headers: { 'content-type': 'text/plain' },
    body: `error code: ${refusal.status}`,
  };
}

function aiError(code: number, description = descriptions[code] ?? ''): HttpAnswer {
  const name = 'InferenceUpstreamError';
  return jsonAnswer(statuses[code] ?? 500, { internalCode: code, name, description, message: description });
}
