import { contextMessage, type Refusal } from './refusal.ts';

/** vLLM's words for a refusal; the SageMaker container says the same, inside SageMaker's own error. */
export function vllmError(refusal: Refusal): {
  status: number;
  type: string;
  message: string;
  param: string | null;
} {
  switch (refusal.kind) {
    case 'invalid':
      return { status: 400, type: 'BadRequestError', message: refusal.message, param: refusal.param };
    case 'context-exceeded':
      return {
        status: 400,
        type: 'BadRequestError',
        message: contextMessage(refusal),
        param: 'input_tokens',
      };
    case 'model-not-found':
      return {
        status: 404,
        type: 'NotFoundError',
        message: `The model \`${refusal.model}\` does not exist.`,
        param: 'model',
      };
    case 'overloaded':
      return { status: 429, type: 'RateLimitError', message: 'The request queue is full.', param: null };
    case 'told':
      return {
        status: refusal.status,
        type: refusal.code ?? typeOf(refusal.status),
        message: 'The server was told to fail.',
        param: null,
      };
  }
}

/** The error object, as vLLM 0.10 and later send it. */
export function vllmErrorBody({ type, message, param, status }: ReturnType<typeof vllmError>): object {
  return { error: { message, type, param, code: status } };
}

/** Seconds after which a client may try again, where the refusal says so. */
export function retryAfter(refusal: Refusal): Record<string, string> {
  const seconds =
    refusal.kind === 'told' ? refusal.retryAfterS : refusal.kind === 'overloaded' ? 1 : undefined;
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

function typeOf(status: number): string {
  if (status === 429) return 'RateLimitError';
  if (status === 503) return 'ServiceUnavailableError';
  return status >= 500 ? 'InternalServerError' : 'BadRequestError';
}
