import { ModelError, SageMakerRuntimeServiceException } from '@aws-sdk/client-sagemaker-runtime';
import { describe, expect, test } from 'vitest';
import { failureInStream, invocationFailure } from '../../src/backends/sagemaker-failure.ts';

function exception(name: string, status: number, message = 'x'): SageMakerRuntimeServiceException {
  const $metadata = { httpStatusCode: status };
  return new SageMakerRuntimeServiceException({ name, message, $fault: 'client', $metadata });
}

describe('exceptions of AWS, some with a status that says something else', () => {
  test.each([
    ['ThrottlingException', 400, 'throttled'],
    ['TooManyRequestsException', 429, 'throttled'],
    ['RequestLimitExceeded', 503, 'throttled'],
    ['AccessDeniedException', 400, 'misconfigured'],
    ['UnrecognizedClientException', 400, 'misconfigured'],
    ['ExpiredTokenException', 400, 'misconfigured'],
    ['IncompleteSignature', 400, 'misconfigured'],
    ['InvalidSignatureException', 403, 'misconfigured'],
    ['MissingAuthenticationTokenException', 400, 'misconfigured'],
    ['ValidationException', 400, 'rejected'],
    ['RequestEntityTooLargeException', 413, 'rejected'],
    ['SomethingNewException', 500, 'failed'],
    ['SomethingNewException', 503, 'unavailable'],
  ])('%s with %i is %s', (name, status, kind) => {
    expect(invocationFailure(exception(name, status), 0).failure.kind).toBe(kind);
  });
});

describe('the container', () => {
  function modelError(OriginalStatusCode: number | undefined, OriginalMessage: string): ModelError {
    const original = { OriginalMessage, ...(OriginalStatusCode && { OriginalStatusCode }) };
    return new ModelError({ message: 'Received an error', $metadata: { httpStatusCode: 424 }, ...original });
  }

  test('says that its queue is full', () => {
    const said = '{"code":503,"type":"WlmCapacityException","message":"Worker queue capacity exceeded"}';
    expect(invocationFailure(modelError(503, said), 0).failure.kind).toBe('throttled');
  });

  test('names what is wrong, and the client reads that and nothing of the wrapping', () => {
    const said = '{"error":{"message":"n must be at least 1","param":"n","code":400}}';
    const error = invocationFailure(modelError(400, said), 0);
    expect(error.failure).toEqual({ kind: 'rejected', status: 400, param: 'n', code: null });
    expect(error.message).toBe('n must be at least 1');
  });

  test('whose status is not told has failed', () => {
    expect(invocationFailure(modelError(undefined, ''), 0).failure).toEqual({ kind: 'failed', status: 500 });
  });
});

test('an error without a response is a connection that was never made', () => {
  expect(invocationFailure(new TypeError('fetch failed'), 0).failure).toEqual({ kind: 'unavailable' });
});

test('throttling in the middle of a stream is still a capacity signal', () => {
  expect(failureInStream(exception('ThrottlingException', 400)).failure).toEqual({ kind: 'throttled' });
});
