import { type Answer, usageOf } from '../generation/answer.ts';
import { wordsFor } from '../generation/text.ts';
import type { AnswerFormat } from './format.ts';

/**
 * Answers of the older text models of Workers AI: a bare `response`, no finish reason, one choice. JSON mode puts the
 * parsed document in `response`; calls of tools stand beside it, with parsed arguments.
 */
export const responseFormat: AnswerFormat = {
  whole: (answer) => ({ ...responseOf(answer), usage: usageOf(answer) }),
  opening: () => [],
  token: (_answer, choice, token) =>
    choice.toolCall ? [] : [{ response: choice.pieces[token], p: padding(token) }],
  closing: (answer) => [
    ...(answer.choices[0]?.toolCall ? [responseOf(answer)] : []),
    { response: '', usage: usageOf(answer) },
  ],
  failure: () => ({
    error: { internalCode: 3007, name: 'InferenceUpstreamError', description: 'Request timeout' },
  }),
};

function responseOf(answer: Answer): object {
  const choice = answer.choices[0];
  const text = choice?.pieces.join('') ?? '';
  if (choice?.toolCall)
    return { response: null, tool_calls: [{ name: choice.toolCall.name, arguments: parsed(text) }] };
  const structured = (answer.request.response_format?.type ?? 'text') !== 'text';
  return { response: structured ? parsed(text) : text };
}

/** Text that was cut at its length bound is no JSON, and stays text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Every event carries filler of varying length, so that its size does not give the text away. */
function padding(token: number): string {
  return wordsFor(token, 1 + (token % 8))
    .join('')
    .replaceAll(' ', '');
}
