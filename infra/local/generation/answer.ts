import { randomUUID } from 'node:crypto';
import type { ModelDefinition } from '../definition.ts';
import { RefusedError } from '../wire/refusal.ts';
import type { ChatRequest } from './chat-request.ts';
import { promptCharacters, promptText } from './chat-request.ts';
import { minimalInstance } from './schema-instance.ts';
import { hashOf, naturalLength, wordsFor } from './text.ts';
import { piecesOf, tokensOf } from './tokens.ts';
import { type ChosenTool, chooseTool } from './tool-choice.ts';

export type FinishReason = 'stop' | 'length' | 'tool_calls';

/** One choice of an answer, decided before its first token is timed. */
export interface Choice {
  readonly index: number;
  /** What each token adds to the text, or to the arguments of the call. */
  readonly pieces: readonly string[];
  readonly finishReason: FinishReason;
  /** The stop sequence that ended it. */
  readonly stopReason: string | null;
  readonly toolCall: { readonly id: string; readonly name: string } | undefined;
}

/** Everything a server will say to a request; the engine decides when. */
export interface Answer {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly request: ChatRequest;
  readonly promptTokens: number;
  readonly choices: readonly Choice[];
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly total_tokens: number;
  readonly completion_tokens: number;
}

/** @throws RefusedError `context-exceeded` when prompt and asked output are longer than the model's context. */
export function planAnswer(request: ChatRequest, model: ModelDefinition): Answer {
  const promptTokens = Math.max(1, tokensOf(promptCharacters(request)));
  const most = outputBound(request, model, promptTokens);
  const chosen = chooseTool(request);
  const content = chosen ? argumentsOf(chosen) : structuredContent(request);
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) =>
    content === undefined
      ? textChoice(request, model, index, most)
      : fixedChoice(content, chosen, index, most),
  );
  return {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: model.name,
    request,
    promptTokens,
    choices,
  };
}

export function usageOf(answer: Answer): Usage {
  const completion = answer.choices.reduce((sum, choice) => sum + choice.pieces.length, 0);
  return {
    prompt_tokens: answer.promptTokens,
    total_tokens: answer.promptTokens + completion,
    completion_tokens: completion,
  };
}

/** The same answer with nothing in it: what a server gives whose first token is the end of the text. */
export function emptied(answer: Answer): Answer {
  const choices = answer.choices.map((choice) => ({
    ...choice,
    pieces: [''],
    finishReason: 'stop' as const,
    toolCall: undefined,
  }));
  return { ...answer, choices };
}

/** Most tokens one choice may have. */
function outputBound(request: ChatRequest, model: ModelDefinition, promptTokens: number): number {
  const asked = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  const room = model.contextTokens - promptTokens;
  if (room < (asked ?? 1))
    throw new RefusedError({
      kind: 'context-exceeded',
      contextTokens: model.contextTokens,
      promptTokens,
      outputTokens: asked ?? 0,
    });
  return asked ?? Math.min(room, model.defaultMaxTokens ?? room);
}

function textChoice(request: ChatRequest, model: ModelDefinition, index: number, most: number): Choice {
  const prompt = promptText(request);
  const natural = request.ignore_eos ? most : naturalLength(prompt, model.answers);
  const seed = hashOf(`words:${request.seed ?? ''}:${index}:${prompt}`);
  const pieces = wordsFor(seed, Math.min(natural, most));
  const finishReason = natural > most || request.ignore_eos ? 'length' : 'stop';
  return stoppedAt(request, { index, pieces, finishReason, stopReason: null, toolCall: undefined });
}

function fixedChoice(content: string, chosen: ChosenTool | undefined, index: number, most: number): Choice {
  const pieces = piecesOf(content);
  const cut = pieces.length > most;
  return {
    index,
    pieces: cut ? pieces.slice(0, most) : pieces,
    finishReason: cut ? 'length' : (chosen?.finishReason ?? 'stop'),
    stopReason: null,
    toolCall: chosen && { id: `chatcmpl-tool-${randomUUID().replaceAll('-', '')}`, name: chosen.name },
  };
}

/** Ends a choice where the first stop sequence begins; the token that completes the sequence is still computed. */
function stoppedAt(request: ChatRequest, choice: Choice): Choice {
  const stops = [request.stop ?? []].flat().filter((stop) => stop.length > 0);
  const text = choice.pieces.join('');
  const hits = stops.map((stop) => ({ stop, at: text.indexOf(stop) })).filter(({ at }) => at >= 0);
  const first = hits.sort((left, right) => left.at + left.stop.length - right.at - right.stop.length)[0];
  if (first === undefined) return choice;
  return {
    ...choice,
    pieces: cutPieces(choice.pieces, first.at, first.at + first.stop.length),
    finishReason: 'stop',
    stopReason: first.stop,
  };
}

/** Pieces up to the one that reaches `computedTo`, with the text after `shownTo` blanked out. */
function cutPieces(pieces: readonly string[], shownTo: number, computedTo: number): string[] {
  const kept: string[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (at >= computedTo) break;
    kept.push(piece.slice(0, Math.max(0, shownTo - at)));
    at += piece.length;
  }
  return kept;
}

function argumentsOf(chosen: ChosenTool): string {
  return JSON.stringify(minimalInstance(chosen.parameters) ?? {});
}

/** The JSON text a response format asks for; undefined for free text. */
function structuredContent(request: ChatRequest): string | undefined {
  switch (request.response_format?.type) {
    case 'json_object':
      return JSON.stringify({ answer: wordsFor(hashOf(promptText(request)), 4).join('') });
    case 'json_schema':
      return JSON.stringify(minimalInstance(request.response_format.json_schema?.schema));
    default:
      return undefined;
  }
}
