import type { CatalogueInput } from '../../../src/routing/catalogue.ts';

/** What the bench sends and what its upstream answers; the same bytes for every target. */

/** Chunks with text in one streamed answer. */
export const chunksPerStream = 20;

const model = 'bench-model';
/** About 150 tokens of prompt: small enough that the gateways' own work shows, not so small that it is a toy. */
const prompt = 'Summarise the following meeting notes in three sentences for the whole team. '.repeat(8);
const sentence = 'The team agreed on the plan, named an owner for each step and set a date. ';

export function requestBody(stream: boolean): Buffer {
  const messages = [
    { role: 'system', content: 'You are a careful assistant who answers briefly.' },
    { role: 'user', content: prompt },
  ];
  return Buffer.from(JSON.stringify({ model, messages, max_tokens: 200, temperature: 0.2, stream }));
}

export const jsonAnswer: Buffer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_790_000_000,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: sentence.repeat(8), refusal: null, tool_calls: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 150, total_tokens: 270, completion_tokens: 120, prompt_tokens_details: null },
  }),
);

/** The network writes of one streamed answer: chunks with text, then the end. */
export const streamAnswer: readonly Buffer[] = [
  ...Array.from({ length: chunksPerStream }, () => event({ content: ' agreed' }, null)),
  Buffer.concat([event({}, 'stop'), Buffer.from('data: [DONE]\n\n')]),
];

function event(delta: object, finishReason: string | null): Buffer {
  const chunk = {
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  };
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
}

const tasks = ['chat', 'summarise', 'extract', 'code'];

/**
 * A pool of usual size, so that observing, scoring and the ledger's answers cost what they would: four variants on
 * four endpoints, which are all the one upstream.
 */
export function benchCatalogue(upstreamUrl: string): CatalogueInput {
  const sizes = ['xl', 'l', 'm', 's'];
  return {
    pool: 'bench',
    endpoints: sizes.map((size) => ({
      id: `gpu-${size}`,
      backend: { kind: 'openai', baseUrl: `${upstreamUrl}/v1` },
      replicas: 2,
    })),
    variants: sizes.map((size, index) => ({
      id: `model-${size}`,
      endpoint: `gpu-${size}`,
      model,
      contextTokens: 32_768,
      quality: Object.fromEntries(tasks.map((task) => [task, 0.9 - 0.1 * index])),
    })),
    tasks: Object.fromEntries(tasks.map((task) => [task, { slo: { ttftMs: 1_000, tpotMs: 60 } }])),
    defaultTask: 'chat',
  };
}
