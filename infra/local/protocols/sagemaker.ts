import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { accountId } from '../credentials.ts';
import type { EndpointDefinition, ModelDefinition, Selector } from '../definition.ts';
import { parseJson } from '../generation/chat-request.ts';
import { header, readBody } from '../http.ts';
import type { Endpoint } from '../serving/endpoint.ts';
import type { Wire } from '../serving/exchange.ts';
import { serve } from '../serving/serve.ts';
import { eventStreamFraming, plainFraming } from '../wire/framing.ts';
import { type HttpAnswer, HttpError, jsonAnswer, type Refusal, RefusedError } from '../wire/refusal.ts';
import { retryAfter, vllmError, vllmErrorBody } from '../wire/vllm-error.ts';
import { vllmFormat } from '../wire/vllm-format.ts';
import type { FleetState, Protocol } from './protocol.ts';
import { signatureFault } from './sigv4.ts';

const route = /^\/endpoints\/([^/]+)\/invocations(-response-stream)?$/;

/**
 * The SageMaker Runtime API, with containers behind it that serve vLLM: the body goes to the container as it is, and
 * the container's bytes come back as they are, in one piece or in an event stream.
 */
export const sagemaker: Protocol = async (request, response, fleet) => {
  const url = request.url ?? '/';
  const [path, name, streaming] = route.exec(new URL(url, 'http://fleet').pathname) ?? [];
  if (path === undefined || request.method !== 'POST')
    throw new HttpError(awsError(404, 'UnknownOperationException', {}));
  const bytes = await readBody(request);
  const endpoint = endpointNamed(fleet, decodeURIComponent(name ?? ''));
  await checkSignature(request, bytes, fleet, endpoint);
  const found = existing(endpoint, decodeURIComponent(name ?? ''));
  const model = modelOf(found.definition, request);
  const wire = wireFor(found.definition, model, streaming !== undefined);
  const body = containerBody(bytes, wire);
  const record = fleet.log.add({
    endpoint: found.definition.id,
    model: model.name,
    path: url,
    headers: request.headers,
    body,
  });
  await serve({ endpoint: found, model, body, wire, response, record }, fleet.faults);
};

async function checkSignature(
  request: IncomingMessage,
  body: Uint8Array,
  fleet: FleetState,
  endpoint: Endpoint | undefined,
): Promise<void> {
  const region = regionOf(endpoint) ?? fleet.endpoints.map(regionOf).find((each) => each !== undefined);
  const { method = '', url: path = '', headers } = request;
  const fault = await signatureFault(
    { method, path, headers, body },
    fleet.credentials,
    { region: region ?? 'us-east-1', service: 'sagemaker' },
    Date.now(),
  );
  if (fault) throw new HttpError(awsError(403, fault.type, { message: fault.message }));
}

function regionOf(endpoint: Endpoint | undefined): string | undefined {
  const protocol = endpoint?.definition.protocol;
  return protocol?.kind === 'sagemaker' ? protocol.region : undefined;
}

function endpointNamed(fleet: FleetState, name: string): Endpoint | undefined {
  return fleet.endpoints.find(
    ({ definition: { protocol } }) => protocol.kind === 'sagemaker' && protocol.endpointName === name,
  );
}

/** Only who has signed correctly learns which endpoints there are. */
function existing(endpoint: Endpoint | undefined, name: string): Endpoint {
  if (endpoint) return endpoint;
  throw validationError(`Endpoint ${name} of account ${accountId} not found.`);
}

/** The model a request addresses on an endpoint that has several. */
function modelOf({ models, protocol }: EndpointDefinition, request: IncomingMessage): ModelDefinition {
  const wanted = selectorOf(request);
  const found = models.find(({ selector = {} }) => sameSelector(selector, wanted));
  if (found) return found;
  const endpointName = protocol.kind === 'sagemaker' ? protocol.endpointName : '';
  throw selectionError(endpointName, wanted, models);
}

type FullSelector = { readonly [Key in keyof Selector]: string | undefined };

function selectorOf(request: IncomingMessage): FullSelector {
  return {
    inferenceComponent: header(request, 'x-amzn-sagemaker-inference-component'),
    targetModel: header(request, 'x-amzn-sagemaker-target-model'),
    targetVariant: header(request, 'x-amzn-sagemaker-target-variant'),
  };
}

function sameSelector(left: Selector, right: FullSelector): boolean {
  return (
    left.inferenceComponent === right.inferenceComponent &&
    left.targetModel === right.targetModel &&
    left.targetVariant === right.targetVariant
  );
}

function selectionError(name: string, wanted: FullSelector, models: readonly ModelDefinition[]): HttpError {
  const has = (key: keyof Selector) => models.some(({ selector }) => selector?.[key] !== undefined);
  if (has('inferenceComponent') && !wanted.inferenceComponent)
    return validationError(
      'Inference Component Name header is required for endpoints to which you plan to deploy inference components. ' +
        'Please include Inference Component Name header or consider using SageMaker models.',
      'INFERENCE_COMPONENT_NAME_MISSING',
    );
  if (wanted.inferenceComponent)
    return validationError(
      `Inference Component ${wanted.inferenceComponent} of account ${accountId} not found.`,
    );
  if (wanted.targetVariant)
    return validationError(
      `Variant ${wanted.targetVariant} not found for Endpoint ${name} of account ${accountId}`,
    );
  if (has('targetModel'))
    return validationError(
      wanted.targetModel === undefined
        ? `TargetModel header is required for multi-model endpoint ${name}.`
        : `Failed to download model data for ${wanted.targetModel}: no such artifact.`,
    );
  return validationError(
    `Endpoint ${name} is not a multi-model endpoint and does not support target model header.`,
  );
}

function containerBody(bytes: Uint8Array, wire: Wire): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    throw error instanceof RefusedError ? new HttpError(wire.refuse(error.refusal)) : error;
  }
}

/**
 * The address decides how the container's bytes travel; whether they are a stream or one document, the container
 * decides by the body's `stream`, as on the other side of the real API.
 */
function wireFor(endpoint: EndpointDefinition, model: ModelDefinition, streaming: boolean): Wire {
  const headers = (contentType: string) => ({
    'x-amzn-requestid': randomUUID(),
    'x-amzn-invoked-production-variant': model.selector?.targetVariant ?? 'AllTraffic',
    ...(streaming
      ? { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-sagemaker-content-type': contentType }
      : { 'content-type': contentType }),
  });
  return {
    format: vllmFormat,
    framing: streaming ? eventStreamFraming() : plainFraming,
    streamHeaders: headers('text/event-stream'),
    wholeHeaders: headers('application/json'),
    refuse: (refusal) => refuse(refusal, endpoint),
  };
}

/** Error types of the service itself, and their statuses. A container's own error becomes a `ModelError`. */
const serviceErrors: Readonly<Record<string, { readonly status: number; readonly message: string }>> = {
  ThrottlingException: { status: 400, message: 'Rate exceeded' },
  ServiceUnavailable: { status: 503, message: 'The service is currently unavailable.' },
  InternalDependencyException: { status: 530, message: 'A dependency of the service failed.' },
  InternalFailure: { status: 500, message: 'The request processing has failed because of an unknown error.' },
  ModelNotReadyException: { status: 429, message: 'The model is being loaded. Try again later.' },
  ValidationError: { status: 400, message: 'The request was told to be invalid.' },
};

const typeOfStatus: Readonly<Record<number, string>> = {
  429: 'ThrottlingException',
  503: 'ServiceUnavailable',
};

function refuse(refusal: Refusal, endpoint: EndpointDefinition): HttpAnswer {
  const type = refusal.kind === 'told' ? (refusal.code ?? typeOfStatus[refusal.status]) : undefined;
  const service = type === undefined ? undefined : serviceErrors[type];
  if (type !== undefined && service !== undefined)
    return awsError(service.status, type, { Message: service.message }, retryAfter(refusal));
  return modelError(refusal, endpoint);
}

/** What the service makes of an error of the container: its status and words inside an error of its own. */
function modelError(refusal: Refusal, { protocol }: EndpointDefinition): HttpAnswer {
  const { region, endpointName } =
    protocol.kind === 'sagemaker' ? protocol : { region: 'us-east-1', endpointName: '' };
  const { status, text } = containerError(refusal);
  const side = status < 500 ? 'client' : 'server';
  const group = `/aws/sagemaker/Endpoints/${endpointName}`;
  return awsError(424, 'ModelError', {
    ErrorCode: side === 'client' ? 'CLIENT_ERROR_FROM_MODEL' : 'SERVER_ERROR_FROM_MODEL',
    LogStreamArn: `arn:aws:logs:${region}:${accountId}:log-group:${group}`,
    Message:
      `Received ${side} error (${status}) from primary with message "${text}". See ` +
      `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logEventViewer:group=${group} ` +
      `in account ${accountId} for more information.`,
    OriginalMessage: text,
    OriginalStatusCode: status,
  });
}

function containerError(refusal: Refusal): { readonly status: number; readonly text: string } {
  if (refusal.kind === 'overloaded') {
    const message = 'Worker queue capacity exceeded for model: model';
    return { status: 503, text: JSON.stringify({ code: 503, type: 'WlmCapacityException', message }) };
  }
  const error = vllmError(refusal);
  return { status: error.status, text: JSON.stringify(vllmErrorBody(error)) };
}

function validationError(message: string, code?: string): HttpError {
  const body = code === undefined ? { Message: message } : { ErrorCode: code, Message: message };
  return new HttpError(awsError(400, 'ValidationError', body));
}

function awsError(
  status: number,
  type: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return jsonAnswer(status, body, { 'x-amzn-errortype': type, 'x-amzn-requestid': randomUUID(), ...headers });
}
