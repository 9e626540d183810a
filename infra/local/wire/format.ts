import type { Answer, Choice } from '../generation/answer.ts';

/** How a model server puts an answer: the objects it sends, before any framing. */
export interface AnswerFormat {
  whole(answer: Answer): object;
  /** What is sent with the first token, before it. */
  opening(answer: Answer): readonly object[];
  /** The `token`-th token of a choice, counted from 0; the last one brings the choice's end along. */
  token(answer: Answer, choice: Choice, token: number): readonly object[];
  /** What follows the last choice's end. */
  closing(answer: Answer): readonly object[];
  /** A failure in the middle of a stream. */
  failure(): object;
}
