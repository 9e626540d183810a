import type { BackendFailure } from '../routing/failure.ts';
import { BackendError } from './failure.ts';
import { failureFor } from './upstream-error.ts';

/**
 * Status behind each of Workers AI's codes, from developers.cloudflare.com/workers-ai/platform/errors (July 2026);
 * those marked * are not listed there and were reported by users. Where the page's own status would blame the
 * client for what the configuration or the platform did, another stands here.
 */
const statusOfCode: Readonly<Record<string, number>> = {
  1031: 502, // * the inference service is unreachable
  3003: 400, // incomplete request
  3006: 413, // request too large
  3007: 408, // request timeout
  3008: 408, // aborted, and not by us
  3023: 403, // account blocked
  3030: 400, // * content refused by the model's filter
  3036: 429, // the account's daily allocation is used up
  3039: 404, // finetune lacks files
  3040: 429, // out of capacity
  3041: 403, // private model
  3042: 404, // invalid model id
  3043: 500, // * internal server error
  5004: 400, // invalid data
  5005: 405, // LoRA unsupported
  5006: 400, // * inputs do not fit the model's schema
  5007: 404, // no such model
  5016: 403, // model agreement
  5018: 403, // private model
  5019: 405, // deprecated SDK
  10000: 401, // * authentication
};

/**
 * The binding's errors carry their code in front of the message, in some versions behind a name ("AiError: 3040: …"),
 * or, when it was the platform's edge that answered, nothing but a code ("error code: 1031").
 */
const codePattern = /^(?:[A-Za-z]*Error: )?(?:error code: )?(\d{3,5})(?:: *(.*))?$/s;

/** What a rejected `run` means. An error without a known code is the model server's. */
export function workersAiFailure(error: unknown): BackendError {
  const text = error instanceof Error ? error.message : String(error);
  const [, code, said] = codePattern.exec(text) ?? [];
  const failure = code === undefined ? failureWithoutCode(error, text) : failureOfCode(code, said ?? '');
  return new BackendError(failure, said || text, { cause: error });
}

/** What an error object inside a stream means: `{ internalCode, description }`. */
export function workersAiStreamFailure(error: Readonly<Record<string, unknown>>): BackendError | undefined {
  if (error.internalCode === undefined) return undefined;
  return workersAiFailure(`${error.internalCode}: ${error.description}`);
}

function failureOfCode(code: string, message: string): BackendFailure {
  // * "The estimated number of input and maximum output tokens (x) exceeded this model context window limit (y)"
  if (code === '5021') return { kind: 'context-exceeded' };
  const status = statusOfCode[code] ?? (isErrorStatus(Number(code)) ? Number(code) : 500);
  return failureFor(status, { message, param: null, code });
}

function isErrorStatus(code: number): boolean {
  return code >= 400 && code <= 599;
}

/** The binding parses the answer itself, and lets the errors of `fetch` and `json()` through. */
function failureWithoutCode(error: unknown, message: string): BackendFailure {
  if (error instanceof SyntaxError) return { kind: 'malformed' };
  if (error instanceof TypeError || /network connection lost/i.test(message)) return { kind: 'unavailable' };
  if (/rate limit|too many requests|capacity/i.test(message)) return { kind: 'throttled' };
  return { kind: 'failed', status: 500 };
}
