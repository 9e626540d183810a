import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../infra/local/faults.ts';
import { type Fleet, startFleet } from '../../infra/local/fleet.ts';
import type { RequestRecord } from '../../infra/local/request-log.ts';
import type { Backend, BackendCall, ChatChunk, ChatCompletion } from '../../src/backends/backend.ts';
import type { Bindings } from '../../src/backends/bindings.ts';
import { createBackends } from '../../src/backends/registry.ts';
import type { BackendConfig, Variant } from '../../src/routing/catalogue.ts';
import { backendErrorOf, callTo, chunksOf, failureOf, textOf } from '../support/backend-calls.ts';
import { type ContractEndpoint, contractFleet, contractModels } from '../support/contract-fleet.ts';

/** Where the backends run. */
export interface Runtime {
  start(fleetUrl: string): Promise<void>;
  stop(): Promise<void>;
  backend(kind: BackendConfig['kind'], bindings: Bindings): Backend;
}

export const inNode: Runtime = {
  start: async () => {},
  stop: async () => {},
  backend: (kind, bindings) => createBackends(bindings)[kind],
};

/** A backend and what it needs to reach its endpoint of `contractFleet`. */
export interface BackendFixture {
  readonly endpoint: ContractEndpoint;
  config(fleetUrl: string): BackendConfig;
  bindings(fleetUrl: string): Bindings;
  /** Requirements this backend cannot meet, each with the reason. */
  readonly exempt?: Readonly<Record<string, string>>;
}

const question = 'Why is the sky blue? Answer in exactly 12 tokens.';

/** What every backend owes the gateway. */
export function describeBackend(name: string, runtime: Runtime, fixture: BackendFixture): void {
  describe(name, () => {
    const setup = new Setup(runtime, fixture);
    const untold = new Set(Object.keys(fixture.exempt ?? {}));

    beforeAll(() => setup.start());
    beforeEach(() => setup.reset());
    afterAll(async () => {
      await setup.stop();
      expect([...untold], 'exemptions from requirements that do not exist').toEqual([]);
    });

    const must: Must = (requirement, check) => {
      untold.delete(requirement);
      const reason = fixture.exempt?.[requirement];
      if (reason === undefined) test(requirement, () => check());
      else test.skip(`${requirement} [exempt: ${reason}]`);
    };
    describeAnswers(must, setup);
    describePassThrough(must, setup);
    describeRefusals(must, setup);
    describeBrokenAnswers(must, setup);
    describeAborts(must, setup);
  });
}

type Must = (requirement: string, check: () => Promise<void>) => void;

interface Ask {
  readonly body?: object;
  readonly variant?: Partial<Variant>;
  readonly signal?: AbortSignal;
}

/** The fleet, and the backend under test in front of it. */
class Setup {
  readonly #fixture: BackendFixture;
  readonly #runtime: Runtime;
  #fleet: Fleet | undefined;
  #backend: Backend | undefined;

  constructor(runtime: Runtime, fixture: BackendFixture) {
    this.#fixture = fixture;
    this.#runtime = runtime;
  }

  async start(): Promise<void> {
    this.#fleet = await startFleet({ fleet: contractFleet, speed: 50 });
    await this.#runtime.start(this.fleet.url);
    this.#backend = this.backendAt(this.fleet.url);
  }

  async stop(): Promise<void> {
    await this.#runtime.stop();
    await this.#fleet?.close();
  }

  reset(): void {
    this.fleet.faults.clear();
    this.fleet.requests.clear();
  }

  get fleet(): Fleet {
    if (!this.#fleet) throw new Error('the fleet is not running');
    return this.#fleet;
  }

  get endpoint(): ContractEndpoint {
    return this.#fixture.endpoint;
  }

  /** The endpoint's own name of the model. */
  get model(): string {
    return contractModels[this.endpoint];
  }

  backendAt(url: string, overrides: Bindings = {}): Backend {
    const bindings = { ...this.#fixture.bindings(url), ...overrides };
    return this.#runtime.backend(this.#fixture.config(url).kind, bindings);
  }

  call(ask: Ask = {}, url = this.fleet.url): BackendCall {
    return callTo(this.#fixture.config(url), {
      body: { messages: [{ role: 'user', content: question }], ...ask.body },
      variant: { model: 'public-name', servedAs: this.model, ...ask.variant },
      ...(ask.signal && { signal: ask.signal }),
    });
  }

  complete(ask?: Ask): Promise<ChatCompletion> {
    return this.#running.complete(this.call(ask));
  }

  stream(ask?: Ask): Promise<AsyncIterable<readonly ChatChunk[]>> {
    return this.#running.stream(this.call(ask));
  }

  async chunks(ask?: Ask): Promise<ChatChunk[]> {
    return chunksOf(await this.stream(ask));
  }

  get #running(): Backend {
    if (!this.#backend) throw new Error('the fleet is not running');
    return this.#backend;
  }

  told(fault: Fault): this {
    this.fleet.faults.add({ endpoint: this.endpoint, fault });
    return this;
  }

  /** The last request that reached the model. */
  get received(): RequestRecord {
    const record = this.fleet.requests.records.at(-1);
    if (!record) throw new Error('no request reached the fleet');
    return record;
  }

  /** Resolves when the fleet has noticed that the client left, and has given up computing. */
  async upstreamAborted(): Promise<void> {
    await expect.poll(() => this.received.outcome).toBe('aborted');
    await expect.poll(() => this.fleet.load(this.endpoint)).toMatchObject({ running: 0, waiting: 0 });
  }
}

function describeAnswers(must: Must, setup: Setup): void {
  must('answers in JSON with text, finish reason and usage', async () => {
    const { choices, usage } = await setup.complete();
    expect(choices).toHaveLength(1);
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(messageText(choices[0]?.message)).not.toBe('');
    expect(usage).toMatchObject({ prompt_tokens: 13, completion_tokens: 12, total_tokens: 25 });
  });

  must('streams the same text, finish reason and usage', async () => {
    const { choices } = await setup.complete();
    const chunks = await setup.chunks();
    expect(textOf(chunks)).toBe(messageText(choices[0]?.message));
    expect(finishReasonOf(chunks)).toBe('stop');
    expect(chunks.at(-1)?.usage).toMatchObject({
      prompt_tokens: 13,
      completion_tokens: 12,
      total_tokens: 25,
    });
  });

  must('streams usage to the gateway when the client wants none', async () => {
    const chunks = await setup.chunks({ body: { stream: true, stream_options: { include_usage: false } } });
    expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 12 });
  });

  must('hands out tokens as they come, the first batch with the first of them', async () => {
    setup.told({ kind: 'stall', afterTokens: 3 });
    const leaving = new AbortController();
    let text = '';
    for await (const batch of await setup.stream({ signal: leaving.signal })) {
      expect(textOf(batch)).not.toBe('');
      text += textOf(batch);
      if (text.trim().split(' ').length === 3) break;
    }
    expect(setup.received.tokens).toBe(3);
  });

  must('says when the output was cut at its bound', async () => {
    const body = { max_tokens: 4 };
    expect((await setup.complete({ body })).choices[0]?.finish_reason).toBe('length');
    expect(finishReasonOf(await setup.chunks({ body }))).toBe('length');
  });

  must('is complete without [DONE]', async () => {
    setup.told({ kind: 'no-done' });
    expect(finishReasonOf(await setup.chunks())).toBe('stop');
  });

  must('serves several calls at once on one backend', async () => {
    const bodies = [3, 5, 7, 9].map((tokens) => ({ max_tokens: tokens }));
    const answers = await Promise.all(bodies.map((body) => setup.chunks({ body })));
    expect(answers.map((chunks) => chunks.at(-1)?.usage?.completion_tokens)).toEqual([3, 5, 7, 9]);
  });
}

function describePassThrough(must: Must, setup: Setup): void {
  must('passes every field on, known to it or not', async () => {
    const body = {
      seed: 7,
      stop: ['\n\n'],
      temperature: 0.5,
      top_p: 0.9,
      user: 'someone',
      reasoning_effort: 'low',
      from_the_future: { deep: [1, null, 'ü'] },
    };
    await setup.complete({ body });
    expect(setup.received.body).toMatchObject(body);
    await setup.chunks({ body });
    expect(setup.received.body).toMatchObject(body);
  });

  must('calls the model by its name at the endpoint and sends the quality parameters', async () => {
    const parameters = { maxOutputTokens: 6, body: { reasoning_effort: 'low' } };
    const { usage } = await setup.complete({
      variant: { parameters },
      body: { max_completion_tokens: 50, reasoning_effort: 'high' },
    });
    expect(setup.received).toMatchObject({ model: setup.model, body: { reasoning_effort: 'low' } });
    expect(usage?.completion_tokens).toBe(6);
  });

  must('keeps to itself what speaks to the gateway', async () => {
    await setup.complete({ body: { model: 'auto', metadata: { task: 'chat' }, service_tier: 'flex' } });
    expect(setup.received.body).not.toHaveProperty('metadata');
    expect(setup.received.body).not.toHaveProperty('service_tier');
  });

  const weather = {
    type: 'function',
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  };

  must('calls tools, in JSON and streamed alike', async () => {
    const body = { tools: [weather], tool_choice: 'required' };
    const [choice] = (await setup.complete({ body })).choices;
    const chunks = await setup.chunks({ body });
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(finishReasonOf(chunks)).toBe('tool_calls');
    const whole = firstCall(choice?.message);
    expect(whole).toMatchObject({ type: 'function', id: expect.any(String), function: { name: 'weather' } });
    expect(JSON.parse(whole.function.arguments)).toEqual({ city: expect.any(String) });
    expect(streamedCall(chunks)).toEqual(whole.function);
  });

  must('answers in the asked format, in JSON and streamed alike', async () => {
    const body = { response_format: { type: 'json_object' } };
    const text = messageText((await setup.complete({ body })).choices[0]?.message);
    expect(JSON.parse(text)).toEqual({ answer: expect.any(String) });
    expect(JSON.parse(textOf(await setup.chunks({ body })))).toEqual(JSON.parse(text));
  });

  must('brings log probabilities', async () => {
    const body = { logprobs: true, top_logprobs: 2 };
    const whole = (await setup.complete({ body })).choices[0]?.logprobs;
    expect(whole).toMatchObject({ content: expect.any(Array) });
    const first = (await setup.chunks({ body }))
      .flatMap(({ choices }) => choices)
      .find(({ logprobs }) => logprobs);
    expect(first?.logprobs).toMatchObject({ content: [{ top_logprobs: [{}, {}] }] });
  });

  must('brings several choices, each to its own end', async () => {
    const body = { n: 3 };
    const { choices } = await setup.complete({ body });
    const chunks = await setup.chunks({ body });
    expect(choices.map((_, index) => textOf(chunks, index))).toEqual(
      choices.map(({ message }) => messageText(message)),
    );
    expect(new Set(choices.map(({ message }) => messageText(message))).size).toBe(3);
  });
}

/** Both ways to call, for what must hold for either. */
function bothWays(setup: Setup): readonly ((ask?: Ask) => Promise<unknown>)[] {
  return [(ask) => setup.complete(ask), (ask) => setup.chunks(ask)];
}

function describeRefusals(must: Must, setup: Setup): void {
  const refused = (requirement: string, fault: Fault, expected: object) =>
    must(requirement, async () => {
      setup.told(fault);
      for (const ask of bothWays(setup)) expect(await failureOf(ask())).toMatchObject(expected);
    });

  refused('429 is throttled', { kind: 'status', status: 429 }, { kind: 'throttled' });
  refused(
    '429 says when to come back',
    { kind: 'status', status: 429, retryAfterS: 2 },
    { kind: 'throttled', retryAfterMs: 2_000 },
  );
  refused('500 has failed', { kind: 'status', status: 500 }, { kind: 'failed', status: 500 });
  refused('502 is unavailable', { kind: 'status', status: 502 }, { kind: 'unavailable' });
  refused('503 is unavailable', { kind: 'status', status: 503 }, { kind: 'unavailable' });
  refused('504 is unavailable', { kind: 'status', status: 504 }, { kind: 'unavailable' });
  refused('422 is rejected', { kind: 'status', status: 422 }, { kind: 'rejected', status: 422 });
  refused('a reset before the answer is unavailable', { kind: 'reset' }, { kind: 'unavailable' });
  refused(
    "the server's word for it is context-exceeded",
    { kind: 'context-exceeded' },
    {
      kind: 'context-exceeded',
    },
  );

  must('tries once: the gateway counts every attempt', async () => {
    setup.told({ kind: 'status', status: 503 });
    for (const ask of bothWays(setup)) await failureOf(ask());
    expect(setup.fleet.requests.records).toHaveLength(2);
  });

  must('nobody listening is unavailable', async () => {
    const gone = await startFleet({ fleet: contractFleet });
    await gone.close();
    const call = setup.call({}, gone.url);
    expect(await failureOf(setup.backendAt(gone.url).complete(call))).toEqual({ kind: 'unavailable' });
    expect(await failureOf(setup.backendAt(gone.url).stream(call))).toEqual({ kind: 'unavailable' });
  });

  must('a prompt and output beyond the context are context-exceeded', async () => {
    for (const ask of bothWays(setup))
      expect(await failureOf(ask({ body: { max_tokens: 100_000 } }))).toEqual({ kind: 'context-exceeded' });
  });

  must('a bad field is rejected, in words for the client', async () => {
    for (const ask of bothWays(setup)) {
      const error = await backendErrorOf(ask({ body: { temperature: -1 } }));
      expect(error.failure).toMatchObject({ kind: 'rejected', status: 400 });
      expect(error.message).toMatch(/^(Error: )?temperature must be non-negative/);
    }
  });

  must('an address that does not exist is misconfigured', async () => {
    const variant = { servedAs: 'nobody/nothing', parameters: { inferenceComponent: 'nothing' } };
    for (const ask of bothWays(setup))
      expect(await failureOf(ask({ variant }))).toEqual({ kind: 'misconfigured', status: 404 });
  });

  must('wrong credentials are misconfigured, and never in the message', async () => {
    const wrong = { AWS_SECRET_ACCESS_KEY: 'not-the-secret', OPENAI_KEY: 'not-the-secret' };
    const backend = setup.backendAt(setup.fleet.url, wrong);
    for (const call of [backend.complete(setup.call()), backend.stream(setup.call())]) {
      const error = await backendErrorOf(call);
      expect(error.failure).toMatchObject({ kind: 'misconfigured' });
      expect(error.message).not.toContain('not-the-secret');
    }
  });

  must('missing credentials are misconfigured', async () => {
    const none = { AWS_ACCESS_KEY_ID: undefined, OPENAI_KEY: undefined, AI: undefined };
    const backend = setup.backendAt(setup.fleet.url, none);
    for (const call of [backend.complete(setup.call()), backend.stream(setup.call())])
      expect(await failureOf(call)).toMatchObject({ kind: 'misconfigured' });
  });
}

function describeBrokenAnswers(must: Must, setup: Setup): void {
  /** Streams under a fault: the text that came first, and the failure at the end. */
  const broken = async (fault: Fault) => {
    setup.told(fault);
    const seen: ChatChunk[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const batch of await setup.stream()) seen.push(...batch);
      })(),
    );
    return { tokens: textOf(seen).trim().split(' ').filter(Boolean).length, failure };
  };

  must('a stream cut in the middle is truncated, after its tokens', async () => {
    expect(await broken({ kind: 'cut', afterTokens: 5 })).toEqual({
      tokens: 5,
      failure: { kind: 'truncated' },
    });
  });

  must('a stream that ends early is truncated, after its tokens', async () => {
    expect(await broken({ kind: 'end', afterTokens: 5 })).toEqual({
      tokens: 5,
      failure: { kind: 'truncated' },
    });
  });

  must('a stream that ends before its first token is truncated', async () => {
    expect(await broken({ kind: 'end', afterTokens: 0 })).toEqual({
      tokens: 0,
      failure: { kind: 'truncated' },
    });
  });

  must('a malformed chunk is never handed on', async () => {
    expect(await broken({ kind: 'malformed', afterTokens: 5 })).toEqual({
      tokens: 5,
      failure: { kind: 'malformed' },
    });
  });

  must('an error inside the stream, before its first token, comes alone', async () => {
    const { tokens, failure } = await broken({ kind: 'error-inside', afterTokens: 0 });
    expect(tokens).toBe(0);
    expect(['failed', 'unavailable']).toContain(failure.kind);
  });

  must('an error inside the stream comes after its tokens', async () => {
    const { tokens, failure } = await broken({ kind: 'error-inside', afterTokens: 5 });
    expect(tokens).toBe(5);
    expect(['failed', 'unavailable']).toContain(failure.kind);
  });

  must('an answer without content is empty, and nothing of it is handed on', async () => {
    expect(await broken({ kind: 'empty' })).toEqual({ tokens: 0, failure: { kind: 'empty' } });
    expect(await failureOf(setup.complete())).toEqual({ kind: 'empty' });
  });

  must('JSON that ends in the middle is malformed', async () => {
    setup.told({ kind: 'end', afterTokens: 5 });
    expect(await failureOf(setup.complete())).toEqual({ kind: 'malformed' });
  });

  must('JSON cut by the connection is truncated', async () => {
    setup.told({ kind: 'cut', afterTokens: 5 });
    expect(await failureOf(setup.complete())).toEqual({ kind: 'truncated' });
  });

  must('an error object with status 200 is no answer', async () => {
    setup.told({ kind: 'error-inside', afterTokens: 0 });
    expect(['failed', 'unavailable']).toContain((await failureOf(setup.complete())).kind);
  });
}

function describeAborts(must: Must, setup: Setup): void {
  const reason = new Error('the client has gone');

  must('an aborted signal sends nothing', async () => {
    for (const ask of bothWays(setup))
      await expect(ask({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(setup.fleet.requests.records).toEqual([]);
  });

  for (const after of ['request', 'headers'] as const)
    must(`an abort ends the wait for an answer that stays silent after the ${after}`, async () => {
      for (const ask of bothWays(setup)) {
        setup.reset();
        setup.told({ kind: 'silence', after });
        const leaving = new AbortController();
        const answer = ask({ signal: leaving.signal });
        await expect.poll(() => setup.fleet.requests.records).toHaveLength(1);
        leaving.abort(reason);
        await expect(answer).rejects.toBe(reason);
        await setup.upstreamAborted();
      }
    });

  /** Ends long after every test. */
  const unhurried: Fault = { kind: 'slow-tokens', tokensPerSecond: 1 };

  must('an abort in the middle of a stream ends it and the upstream', async () => {
    setup.told(unhurried);
    const leaving = new AbortController();
    const stream = await setup.stream({ signal: leaving.signal });
    const reading = (async () => {
      for await (const batch of stream) if (textOf(batch) !== '') leaving.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    await setup.upstreamAborted();
  });

  must('leaving the loop ends the upstream', async () => {
    setup.told(unhurried);
    for await (const _batch of await setup.stream()) break;
    await setup.upstreamAborted();
  });

  must('giving a stream back before reading it ends the upstream', async () => {
    setup.told(unhurried);
    const stream = await setup.stream();
    await stream[Symbol.asyncIterator]().return?.();
    await setup.upstreamAborted();
  });
}

function messageText(message: object | undefined): string {
  return message && 'content' in message && typeof message.content === 'string' ? message.content : '';
}

function finishReasonOf(chunks: readonly ChatChunk[]): string | null | undefined {
  return chunks.flatMap(({ choices }) => choices).find(({ finish_reason }) => finish_reason)?.finish_reason;
}

interface ToolCall {
  readonly id: string;
  readonly type: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

/** Checked by what is expected of it. */
function firstCall(message: object | undefined): ToolCall {
  return (message as { tool_calls: ToolCall[] }).tool_calls[0]!;
}

function streamedCall(chunks: readonly ChatChunk[]): ToolCall['function'] {
  const parts = chunks
    .flatMap(({ choices }) => choices)
    // A tool call's delta has the fields of a call, each or none.
    .flatMap(({ delta }) => (delta.tool_calls as Partial<ToolCall>[] | undefined) ?? []);
  return {
    name: parts.map((part) => part.function?.name ?? '').join(''),
    arguments: parts.map((part) => part.function?.arguments ?? '').join(''),
  };
}
