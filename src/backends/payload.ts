import type { BackendCall } from './backend.ts';
import { isRecord } from './upstream-error.ts';

/** A request body as it is sent to an endpoint. */
export type Payload = Record<string, unknown>;

/**
 * Fields which speak to the gateway and end there. `service_tier` chose the request's class and would be charged
 * for a second time by OpenAI; `metadata` names the task, and several servers refuse it or, as OpenAI does, take
 * it only together with `store`; nothing is stored. A variant whose server needs one of them puts it into
 * `parameters.body`.
 */
const gatewayFields = ['metadata', 'service_tier', 'store'] as const;

/**
 * The client's body for one variant: every field it does not know passes through untouched, those of
 * `parameters.body` are put over it (each as a whole), then the model's name at the endpoint and the bound on
 * output tokens. A stream always asks for usage, because the ledger counts tokens whether or not the client does.
 */
export function payloadFor({ body, variant }: BackendCall, { stream }: { stream: boolean }): Payload {
  const payload: Payload = { ...body };
  for (const field of gatewayFields) delete payload[field];
  Object.assign(payload, variant.parameters.body);
  payload.model = variant.servedAs ?? variant.model;
  capOutput(payload, variant.parameters.maxOutputTokens);
  if (stream) {
    payload.stream = true;
    payload.stream_options = {
      ...(isRecord(payload.stream_options) ? payload.stream_options : {}),
      include_usage: true,
    };
  } else {
    delete payload.stream;
    delete payload.stream_options;
  }
  return payload;
}

/**
 * Bounds whichever of the two fields the request uses. A request with neither gets `max_tokens`, the one that
 * every server knows; for a model that takes only `max_completion_tokens`, name that in `parameters.body`.
 */
function capOutput(payload: Payload, maxOutputTokens: number | undefined): void {
  if (maxOutputTokens === undefined) return;
  const used = (['max_completion_tokens', 'max_tokens'] as const).filter(
    (field) => typeof payload[field] === 'number',
  );
  for (const field of used) payload[field] = Math.min(Number(payload[field]), maxOutputTokens);
  if (used.length === 0) payload.max_tokens = maxOutputTokens;
}
