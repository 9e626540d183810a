import type { ServerResponse } from 'node:http';
import type { ModelDefinition } from '../definition.ts';
import type { RequestRecord } from '../request-log.ts';
import type { AnswerFormat } from '../wire/format.ts';
import type { Framing } from '../wire/framing.ts';
import type { HttpAnswer, Refusal } from '../wire/refusal.ts';
import type { Endpoint } from './endpoint.ts';

/** How a protocol puts what a model server says. */
export interface Wire {
  readonly format: AnswerFormat;
  readonly framing: Framing;
  readonly streamHeaders: Readonly<Record<string, string>>;
  readonly wholeHeaders: Readonly<Record<string, string>>;
  refuse(refusal: Refusal): HttpAnswer;
}

/** A request that its protocol has understood and let in. */
export interface Exchange {
  readonly endpoint: Endpoint;
  readonly model: ModelDefinition;
  readonly body: unknown;
  readonly wire: Wire;
  readonly response: ServerResponse;
  readonly record: RequestRecord;
}
