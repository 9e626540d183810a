import type { BackendFailure } from '../routing/failure.ts';
import { BackendError } from './failure.ts';

/** What an endpoint said about a request it did not serve, whichever of the usual shapes it used. */
export interface UpstreamError {
  /** As long as it came: cut before secrets are taken out of it, it could end in half of one. */
  readonly message: string;
  /** Field of the request at fault. */
  readonly param: string | null;
  /** The endpoint's own word for the error; a bare status number is not one. */
  readonly code: string | null;
  /** HTTP status the error names itself, as those inside a stream do. */
  readonly status?: number | undefined;
}

/** An endpoint says first what is wrong; what it quotes of the request, which may read like anything, comes after. */
const tellingChars = 500;

/**
 * The ways servers say that prompt and output do not fit, none of which has a code of its own on every server:
 * OpenAI, vLLM, SGLang ("context length"), Workers AI ("context window limit"), llama.cpp ("context size"),
 * vLLM's engine ("maximum model length"), TGI ("`inputs` tokens + `max_new_tokens` must be <=").
 */
const contextExceeded =
  /context[ _](?:length|window|size)|maximum model length|(?:prompt|input) is too long|tokens.{0,40}must be <=/i;

/** Words of an error without a status, or of a 503, which mean "not now": the server is there, but full. */
const saturation = /rate.?limit|quota|overload|too.?many|throttl|capacity/i;

/** The error in a parsed answer, or undefined when it is none. */
export function upstreamErrorIn(answer: unknown): UpstreamError | undefined {
  if (!isRecord(answer)) return undefined;
  if (isRecord(answer.error)) return describe(answer.error);
  if (typeof answer.error === 'string') return describe({ ...answer, message: answer.error });
  // vLLM before 0.10 and FastAPI put it at the top level.
  if (answer.object === 'error' || 'detail' in answer) return describe(answer);
  return undefined;
}

/** The error in the text of an answer whose status says that it is one. */
export function upstreamErrorFrom(text: string): UpstreamError {
  const parsed = parseJson(text);
  const error = upstreamErrorIn(parsed) ?? (isRecord(parsed) ? describe(parsed) : undefined);
  return error ?? { message: text, param: null, code: null };
}

function describe(error: Readonly<Record<string, unknown>>): UpstreamError {
  const said = error.message ?? error.detail ?? error.Message ?? error.description ?? '';
  const message = typeof said === 'string' ? said : JSON.stringify(said);
  return {
    message,
    param: typeof error.param === 'string' ? error.param : locationIn(message),
    code: typeof error.code === 'string' ? error.code : null,
    status: statusOf(error),
  };
}

/** Servers built on FastAPI name the field in the message alone: `'loc': ('body', 'tools', 0, 'function')`. */
function locationIn(message: string): string | null {
  const [, location] = /['"]loc['"]: ?[([]['"]body['"], ?([^)\]]+)[)\]]/.exec(message) ?? [];
  if (location === undefined) return null;
  return location
    .split(/, ?/)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll(/['"]/g, '')}`))
    .join('')
    .replace(/^\./, '');
}

function statusOf({ code, status, type }: Readonly<Record<string, unknown>>): number | undefined {
  for (const number of [code, status].map(Number)) if (number >= 400 && number <= 599) return number;
  return saturation.test(`${code} ${type}`) ? 429 : undefined;
}

/** The taxonomy's word for an HTTP status and what came with it. */
export function failureFor(status: number, error: UpstreamError, retryAfterMs?: number): BackendFailure {
  const telling = error.message.slice(0, tellingChars);
  if (status === 429) return { kind: 'throttled', retryAfterMs };
  if (status === 503 && saturation.test(telling)) return { kind: 'throttled', retryAfterMs };
  if (status >= 500) return serverFailure(status);
  // The gateway never follows a redirect: a POST would arrive without its body.
  if (status < 400) return { kind: 'misconfigured', status };
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 404:
    case 405:
      return { kind: 'misconfigured', status };
    case 408:
    case 425:
      return { kind: 'unavailable' };
    default:
      if (error.code === 'context_length_exceeded' || contextExceeded.test(telling))
        return { kind: 'context-exceeded' };
      return { kind: 'rejected', status, param: error.param, code: error.code };
  }
}

/** 502–504 come from a proxy without a server behind it, 520–530 from Cloudflare's, 529 also from a full one. */
function serverFailure(status: number): BackendFailure {
  const unreached = (status >= 502 && status <= 504) || (status >= 520 && status <= 530);
  return unreached ? { kind: 'unavailable' } : { kind: 'failed', status };
}

/** The error an endpoint put into an answer that began with status 200. */
export function errorInAnswer(error: UpstreamError): BackendError {
  return new BackendError(failureFor(error.status ?? 500, error), error.message);
}

/** A time of at most some centuries, and no other way to write a number. */
const decimal = /^\d{1,14}(?:\.\d+)?$/;

/**
 * How long an endpoint asks to be left alone, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or
 * as an HTTP date (RFC 9110, section 10.2.3); undefined when it does not say, or says nonsense.
 */
export function retryAfterMs(
  headers: { get(name: string): string | null },
  nowMs: number,
): number | undefined {
  const exact = headers.get('retry-after-ms')?.trim() ?? '';
  if (decimal.test(exact)) return Number(exact);
  const value = headers.get('retry-after')?.trim() ?? '';
  if (decimal.test(value)) return Number(value) * 1000;
  // Date.parse alone also takes "-1" for a date.
  const date = /^[A-Z][a-z]{2},/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
