import { ModelError, SageMakerRuntimeServiceException } from '@aws-sdk/client-sagemaker-runtime';
import type { BackendFailure } from '../routing/failure.ts';
import { BackendError } from './failure.ts';
import { failureFor, isRecord, retryAfterMs, upstreamErrorFrom } from './upstream-error.ts';

/**
 * What a rejected `send` means. Names are those of the SageMaker Runtime API reference and of AWS's common errors;
 * whatever else AWS answers is judged by its status.
 */
export function invocationFailure(error: unknown, nowMs: number): BackendError {
  if (error instanceof BackendError) return error;
  if (error instanceof ModelError) return containerFailure(error);
  if (isServiceException(error)) return serviceFailure(error, nowMs);
  // The SDK hangs the response on whatever went wrong while it was read.
  if (isRecord(error) && '$response' in error) return failureInStream(error);
  return new BackendError({ kind: 'unavailable' }, 'no connection to SageMaker Runtime', { cause: error });
}

/** What breaks a stream that has begun: a typed event, a frame with a wrong checksum, the connection. */
export function failureInStream(error: unknown): BackendError {
  if (error instanceof BackendError) return error;
  if (isServiceException(error) && isThrottling(error.name))
    return new BackendError({ kind: 'throttled' }, error.message, { cause: error });
  const said = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error);
  return new BackendError({ kind: 'truncated' }, `the response stream broke: ${said}`, { cause: error });
}

/** A protocol's own exceptions, modelled or not, are of one class; in a stream unmodelled ones are plain errors. */
function isServiceException(error: unknown): error is SageMakerRuntimeServiceException {
  return error instanceof SageMakerRuntimeServiceException;
}

/** The container answered with an error; SageMaker wraps its status and body, and drops its headers. */
function containerFailure(error: ModelError): BackendError {
  const status = error.OriginalStatusCode ?? 500;
  const said = upstreamErrorFrom(error.OriginalMessage ?? error.message);
  return new BackendError(failureFor(status, said), said.message, { cause: error });
}

function serviceFailure(error: SageMakerRuntimeServiceException, nowMs: number): BackendError {
  return new BackendError(kindOf(error, nowMs), `${error.name}: ${error.message}`, { cause: error });
}

function kindOf(error: SageMakerRuntimeServiceException, nowMs: number): BackendFailure {
  const status = error.$metadata.httpStatusCode ?? 500;
  if (isThrottling(error.name)) return { kind: 'throttled', retryAfterMs: retryAfterOf(error, nowMs) };
  switch (error.name) {
    case 'ServiceUnavailable':
    case 'ServiceUnavailableException':
    case 'InternalDependencyException':
    case 'ModelNotReadyException':
      return { kind: 'unavailable' };
    case 'ModelStreamError':
    case 'InternalStreamFailure':
      return { kind: 'truncated' };
    case 'InternalFailure':
      return { kind: 'failed', status };
    case 'ValidationError':
    case 'ValidationException':
      // "Endpoint x of account y not found.": SageMaker has no 404.
      if (/not found|could not find/i.test(error.message)) return { kind: 'misconfigured', status: 404 };
      return { kind: 'rejected', status, param: null, code: error.name };
    default:
      if (isAuthentication(error.name)) return { kind: 'misconfigured', status };
      return failureFor(status, { message: error.message, param: null, code: error.name });
  }
}

function isThrottling(name: string): boolean {
  return /^Throttl|^TooManyRequests|^RequestLimitExceeded|^SlowDown/.test(name);
}

/** AWS answers some of these with 400. */
function isAuthentication(name: string): boolean {
  return /^AccessDenied|Signature|^UnrecognizedClient|^InvalidClientToken|^ExpiredToken|^MissingAuthentication|^OptInRequired|^NotAuthorized/.test(
    name,
  );
}

function retryAfterOf(error: SageMakerRuntimeServiceException, nowMs: number): number | undefined {
  const headers = error.$response?.headers;
  return headers && retryAfterMs({ get: (name) => headers[name] ?? null }, nowMs);
}
