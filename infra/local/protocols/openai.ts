import type { IncomingMessage } from 'node:http';
import type { EndpointDefinition, ModelDefinition } from '../definition.ts';
import { parseJson } from '../generation/chat-request.ts';
import { header, readBody, send } from '../http.ts';
import type { Wire } from '../serving/exchange.ts';
import { serve } from '../serving/serve.ts';
import { plainFraming } from '../wire/framing.ts';
import { HttpError, jsonAnswer, type Refusal, RefusedError } from '../wire/refusal.ts';
import { retryAfter, vllmError, vllmErrorBody } from '../wire/vllm-error.ts';
import { vllmFormat } from '../wire/vllm-format.ts';
import type { FleetState, Protocol } from './protocol.ts';
import { sameText } from './same-text.ts';

const wire: Wire = {
  format: vllmFormat,
  framing: plainFraming,
  streamHeaders: { 'content-type': 'text/event-stream; charset=utf-8' },
  wholeHeaders: { 'content-type': 'application/json' },
  refuse,
};

/** vLLM's OpenAI-compatible server, one for each endpoint, at `/openai/{endpoint}/v1`. */
export const openai: Protocol = async (request, response, fleet) => {
  const [, , endpointId = '', ...rest] = new URL(request.url ?? '/', 'http://fleet').pathname.split('/');
  const endpoint = endpointNamed(fleet, endpointId);
  checkKey(request, endpoint.definition);
  const route = `${request.method} /${rest.join('/')}`;
  if (route === 'GET /health') return send(response, { status: 200, headers: {}, body: '' });
  if (route === 'GET /v1/models') return send(response, jsonAnswer(200, modelList(endpoint.definition)));
  if (route !== 'POST /v1/chat/completions') throw new HttpError(jsonAnswer(404, { detail: 'Not Found' }));
  const body = answerable(parseJson, await readBody(request));
  const model = answerable(() => modelOf(endpoint.definition, body), undefined);
  const record = fleet.log.add({
    endpoint: endpointId,
    model: model.name,
    path: request.url ?? '',
    headers: request.headers,
    body,
  });
  await serve({ endpoint, model, body, wire, response, record }, fleet.faults);
};

function refuse(refusal: Refusal) {
  const error = vllmError(refusal);
  return jsonAnswer(error.status, vllmErrorBody(error), retryAfter(refusal));
}

/** Calls, and turns a refusal into its answer. */
function answerable<Input, Output>(parse: (input: Input) => Output, input: Input): Output {
  try {
    return parse(input);
  } catch (error) {
    throw error instanceof RefusedError ? new HttpError(refuse(error.refusal)) : error;
  }
}

function endpointNamed(fleet: FleetState, id: string) {
  const found = fleet.endpoints.find(
    ({ definition }) => definition.id === id && definition.protocol.kind === 'openai',
  );
  if (found) return found;
  throw new HttpError(jsonAnswer(404, { detail: 'Not Found' }));
}

/** @throws RefusedError `model-not-found`. A request that names no model gets the first one, as at vLLM. */
function modelOf(endpoint: EndpointDefinition, body: unknown): ModelDefinition {
  const name = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined;
  const model = name == null ? endpoint.models[0] : endpoint.models.find((each) => each.name === name);
  if (model) return model;
  throw new RefusedError({ kind: 'model-not-found', model: String(name) });
}

function checkKey(request: IncomingMessage, { protocol }: EndpointDefinition): void {
  if (protocol.kind !== 'openai' || protocol.apiKey === undefined) return;
  if (sameText(header(request, 'authorization') ?? '', `Bearer ${protocol.apiKey}`)) return;
  throw new HttpError(jsonAnswer(401, { error: 'Unauthorized' }));
}

function modelList(endpoint: EndpointDefinition): object {
  const data = endpoint.models.map((model) => ({
    id: model.name,
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'vllm',
    root: model.name,
    parent: null,
    max_model_len: model.contextTokens,
  }));
  return { object: 'list', data };
}
