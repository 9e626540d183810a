import { limits } from '../limits.ts';
import { show } from '../platform/describe.ts';
import type { Catalogue, RequestClass, Slo } from '../routing/catalogue.ts';
import { invalid } from './api-error.ts';
import type { ChatRequest } from './chat-request.ts';

/** What a client says about a request beside its body; each absent hint is taken from the task's entry. */
interface Hints {
  readonly task: string;
  readonly class: RequestClass;
  readonly slo: Slo;
  readonly minQuality: number;
  readonly minTier: number;
}

/** OpenAI's service tiers as request classes. */
const classOfTier: Readonly<Record<string, RequestClass>> = {
  priority: 'interactive',
  fast: 'interactive',
  scale: 'interactive',
  auto: 'standard',
  default: 'standard',
  flex: 'batch',
};

/** OpenAI's word for each class. */
const tierOfClass: Readonly<Record<RequestClass, string>> = {
  interactive: 'priority',
  standard: 'default',
  batch: 'flex',
};

/** The service tier an answer names as the one it was served in; absent where none was asked for. */
export function servedTier({ service_tier: asked }: ChatRequest): { readonly service_tier?: string } {
  const requestClass = classOfTier[asked ?? ''];
  return requestClass === undefined ? {} : { service_tier: tierOfClass[requestClass] };
}

/**
 * Task, deadline, class and quality floor of a request.
 * @throws ApiError 400 that names the header or field at fault
 */
export function readHints(headers: Headers, request: ChatRequest, catalogue: Catalogue): Hints {
  const name = readTask(headers, request, catalogue);
  const task = catalogue.tasks[name]!;
  return {
    task: name,
    class: classOfTier[request.service_tier ?? ''] ?? task.class,
    slo: readSlo(headers, task.slo),
    minQuality: readNumber(headers, 'x-min-quality', 0, 1) ?? task.minQuality,
    minTier: readTier(headers),
  };
}

function readTask(headers: Headers, request: ChatRequest, catalogue: Catalogue): string {
  const header = headers.get('x-task');
  const field = request.metadata?.task;
  if (header !== null && field !== undefined && header !== field)
    throw invalid(
      'x-task',
      `received ${show(header)}, but metadata.task is ${show(field)}`,
      'conflicting_values',
    );
  const task = header ?? field ?? catalogue.defaultTask;
  if (Object.hasOwn(catalogue.tasks, task)) return task;
  const known = Object.keys(catalogue.tasks).join(', ');
  throw invalid(
    header === null ? 'metadata.task' : 'x-task',
    `no such task; known: ${known}; received ${show(task)}`,
    'unknown_task',
  );
}

function readSlo(headers: Headers, fallback: Slo): Slo {
  const ttftMs = readDeadline(headers, 'ttft') ?? fallback.ttftMs;
  const tpotMs = readDeadline(headers, 'tpot') ?? fallback.tpotMs;
  const e2eMs = readDeadline(headers, 'e2e') ?? fallback.e2eMs;
  return { ttftMs, tpotMs, e2eMs };
}

/** A deadline from `x-slo-…-ms` or its twin `x-llm-d-slo-…-ms`. */
function readDeadline(headers: Headers, bound: 'ttft' | 'tpot' | 'e2e'): number | undefined {
  const own = readNumber(headers, `x-slo-${bound}-ms`, 0, limits.sloMs);
  const twin = readNumber(headers, `x-llm-d-slo-${bound}-ms`, 0, limits.sloMs);
  if (own !== undefined && twin !== undefined && own !== twin)
    throw invalid(
      `x-slo-${bound}-ms`,
      `received ${own}, but x-llm-d-slo-${bound}-ms is ${twin}`,
      'conflicting_values',
    );
  const deadline = own ?? twin;
  if (deadline === 0)
    throw invalid(own === 0 ? `x-slo-${bound}-ms` : `x-llm-d-slo-${bound}-ms`, 'must be above 0, received 0');
  return deadline;
}

/** LiteLLM's quality tier: a whole number, higher is better. */
function readTier(headers: Headers): number {
  const name = 'x-litellm-min-quality-tier';
  const tier = readNumber(headers, name, 0, Number.MAX_SAFE_INTEGER) ?? 0;
  if (!Number.isInteger(tier)) throw invalid(name, `must be a whole number, received ${tier}`);
  return tier;
}

/** A plain decimal number within bounds. A header sent twice arrives joined by a comma and is refused here. */
function readNumber(headers: Headers, name: string, low: number, high: number): number | undefined {
  const text = headers.get(name);
  if (text === null) return undefined;
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  const what = Number.isNaN(value)
    ? 'must be one plain decimal number'
    : `must be between ${low} and ${high}`;
  throw invalid(name, `${what}, received ${show(text)}`);
}
