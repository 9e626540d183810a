import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, Output, streamText, tool } from 'ai';
import { scanEndpoint } from 'compatcanary';
import { afterAll, describe, expect, test } from 'vitest';
import { everyBackend, variantIds } from '../support/every-backend.ts';
import { startGateway } from '../support/gateway.ts';

const gateway = await startGateway(everyBackend);
afterAll(gateway.stop);
const baseURL = `${gateway.url}/v1`;

describe('the AI SDK', () => {
  const provider = createOpenAICompatible({
    name: 'sluice',
    baseURL,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  const prompt = 'Answer in exactly 5 tokens.';

  test.each(variantIds)('generates and streams the same text: %s', async (id) => {
    const model = provider(id);
    const whole = await generateText({ model, prompt, maxRetries: 0 });
    expect(whole.text.split(' ')).toHaveLength(5);
    expect(whole).toMatchObject({ finishReason: 'stop', usage: { outputTokens: 5 } });
    const streamed = streamText({ model, prompt, maxRetries: 0 });
    expect((await Array.fromAsync(streamed.textStream)).join('')).toBe(whole.text);
    expect(await streamed.usage).toMatchObject({ outputTokens: 5 });
  });

  test.each(variantIds)('calls a tool: %s', async (id) => {
    const inputSchema = jsonSchema<{ a: number }>({
      type: 'object',
      properties: { a: { type: 'integer', minimum: 4 } },
      required: ['a'],
    });
    const { toolCalls } = await generateText({
      model: provider(id),
      prompt: 'Double it.',
      tools: { double: tool({ inputSchema }) },
      toolChoice: 'required',
      maxRetries: 0,
    });
    expect(toolCalls).toMatchObject([{ toolName: 'double', input: { a: 4 } }]);
  });

  test.each(variantIds)('reads structured output: %s', async (id) => {
    const schema = jsonSchema<{ kind: string }>({
      type: 'object',
      properties: { kind: { type: 'string', enum: ['bird', 'fish'] } },
      required: ['kind'],
      additionalProperties: false,
    });
    const { output } = await generateText({
      model: provider(id),
      prompt: 'Which?',
      output: Output.object({ schema }),
      maxRetries: 0,
    });
    expect(output).toEqual({ kind: 'bird' });
  });
});

describe('compatcanary, whose probes of Chat Completions', () => {
  test.each([...variantIds, 'auto'])('find nothing wrong: %s', async (model) => {
    const { score, results } = await scanEndpoint({ baseUrl: baseURL, model, profile: 'chat' });
    expect(results.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect({ score, probes: results.length }).toEqual({ score: 100, probes: 5 });
  });
});
