import { type Answer, type Choice, type FinishReason, usageOf } from '../generation/answer.ts';
import type { AnswerFormat } from './format.ts';
import { logprobsOf } from './logprobs.ts';

/** Answers as vLLM's OpenAI server sends them, with the fields it adds and the nulls it leaves in. */
export const vllmFormat: AnswerFormat = {
  whole: (answer) => ({
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: answer.model,
    choices: answer.choices.map((choice) => wholeChoice(answer, choice)),
    service_tier: null,
    system_fingerprint: null,
    usage: { ...usageOf(answer), prompt_tokens_details: null },
    prompt_logprobs: null,
    prompt_token_ids: null,
    kv_transfer_params: null,
  }),
  opening: (answer) =>
    answer.choices.map(({ index }) => ({
      ...chunk(answer, [
        { index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
      ]),
      prompt_token_ids: null,
    })),
  token: (answer, choice, token) => [
    ...openingOfCall(answer, choice, token),
    chunk(answer, [tokenChoice(answer, choice, token)]),
    ...separateEnd(answer, choice, token),
  ],
  closing: (answer) =>
    answer.request.stream_options?.include_usage ? [{ ...chunk(answer, []), usage: usageOf(answer) }] : [],
  failure: () => ({
    error: {
      message: 'EngineCore encountered an issue.',
      type: 'InternalServerError',
      param: null,
      code: 500,
    },
  }),
};

function chunk(answer: Answer, choices: readonly object[]): object {
  const { id, created, model } = answer;
  return { id, object: 'chat.completion.chunk', created, model, choices };
}

function wholeChoice(answer: Answer, choice: Choice): object {
  const text = choice.pieces.join('');
  return {
    index: choice.index,
    message: {
      role: 'assistant',
      content: choice.toolCall ? null : text,
      refusal: null,
      annotations: null,
      audio: null,
      function_call: null,
      tool_calls: choice.toolCall ? [toolCall(choice.toolCall, text)] : [],
      reasoning: null,
      reasoning_content: null,
    },
    logprobs: logprobsOf(answer.request, choice.pieces),
    finish_reason: choice.finishReason,
    stop_reason: choice.stopReason,
    token_ids: null,
  };
}

function toolCall(call: { readonly id: string; readonly name: string }, args: string): object {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: args } };
}

/** Name and id of a call come in a chunk of their own, before its arguments. */
function openingOfCall(answer: Answer, choice: Choice, token: number): object[] {
  if (!choice.toolCall || token > 0) return [];
  const delta = { tool_calls: [{ index: 0, ...toolCall(choice.toolCall, '') }] };
  return [chunk(answer, [running(choice, delta, null)])];
}

function tokenChoice(answer: Answer, choice: Choice, token: number): object {
  const piece = choice.pieces[token] ?? '';
  const delta = choice.toolCall
    ? { tool_calls: [{ index: 0, function: { arguments: piece } }] }
    : { content: piece };
  const logprobs = logprobsOf(answer.request, [piece]);
  return endsWithItsToken(choice.finishReason) && isLast(choice, token)
    ? finished(choice, delta, logprobs)
    : running(choice, delta, logprobs);
}

/** An answer that ends by itself ends on a token that is not text, hence in an empty chunk. */
function separateEnd(answer: Answer, choice: Choice, token: number): object[] {
  if (endsWithItsToken(choice.finishReason) || !isLast(choice, token)) return [];
  return [chunk(answer, [finished(choice, { content: '' }, null)])];
}

function running(choice: Choice, delta: object, logprobs: object | null): object {
  return { index: choice.index, delta, logprobs, finish_reason: null, token_ids: null };
}

function finished(choice: Choice, delta: object, logprobs: object | null): object {
  return {
    ...running(choice, delta, logprobs),
    finish_reason: choice.finishReason,
    stop_reason: choice.stopReason,
  };
}

function endsWithItsToken(reason: FinishReason): boolean {
  return reason === 'length';
}

function isLast(choice: Choice, token: number): boolean {
  return token === choice.pieces.length - 1;
}
