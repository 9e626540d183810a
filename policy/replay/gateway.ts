import { z } from 'zod';
import { ReplayError } from './replay-error.ts';
import { routeAnswerSchema, type TaskTerms, termsOf } from './terms.ts';

/** How long the gateway may take to answer a question that needs no inference. */
const answerMs = 10_000;

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/** The running gateway's answers to everything but inference. */
export class Gateway {
  readonly #url: string;
  readonly #apiKey: string | undefined;

  constructor(url: string, apiKey: string | undefined) {
    this.#url = url;
    this.#apiKey = apiKey;
  }

  /** Whether anybody accepts connections there. Whether it is the gateway shows when it is asked for terms. */
  async isListening(): Promise<boolean> {
    try {
      await this.#fetch('/healthz');
      return true;
    } catch (error) {
      if (isRefused(error)) return false;
      throw new ReplayError(`--url: no answer from ${this.#url}: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * What the catalogue says about a task; of the default task when none is named.
   * @throws ReplayError with the gateway's own words, for example for an unknown task
   */
  async terms(task: string | undefined): Promise<TaskTerms> {
    const response = await this.#fetch('/v1/route', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(task !== undefined && { 'x-task': task }) },
      body: JSON.stringify({
        model: 'auto',
        messages: [{ role: 'user', content: 'What would you choose?' }],
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new ReplayError(refusal(this.#url, response.status, text));
    const answer = routeAnswerSchema.safeParse(json(text));
    if (!answer.success)
      throw new ReplayError(
        `--url: ${this.#url} answers, but not as this gateway does: POST /v1/route: ${z.prettifyError(answer.error).replaceAll('\n', ' ')}`,
      );
    return termsOf(answer.data);
  }

  #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#apiKey !== undefined) headers.set('authorization', `Bearer ${this.#apiKey}`);
    return fetch(new URL(path, this.#url), { ...init, headers, signal: AbortSignal.timeout(answerMs) });
  }
}

/** The terms of each task, asked for one after the other. */
export async function termsByTask(
  gateway: Gateway,
  tasks: Iterable<string>,
): Promise<ReadonlyMap<string, TaskTerms>> {
  const terms = new Map<string, TaskTerms>();
  for (const task of tasks) if (!terms.has(task)) terms.set(task, await gateway.terms(task));
  return terms;
}

function refusal(url: string, status: number, text: string): string {
  const error = errorSchema.safeParse(json(text));
  if (status === 401) return `--url: ${url} wants a key; set SLUICE_API_KEY`;
  if (!error.success)
    return `--url: ${url} answers, but not as this gateway does: POST /v1/route gave HTTP ${status}`;
  return `the gateway refused to say what it would choose: ${error.data.error.message}`;
}

function isRefused(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED';
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error) return error.code;
  return codeOf(error.cause);
}

function messageOf(error: unknown): string {
  const code = codeOf(error);
  if (typeof code === 'string') return code;
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
