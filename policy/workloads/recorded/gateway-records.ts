import { z } from 'zod';
import { requestClasses } from '../../../src/routing/catalogue.ts';
import { describeIssues } from '../file/issues.ts';
import { WorkloadError } from '../workload-error.ts';
import type { TimedRecording } from './recording.ts';

/** What of a request record (`src/telemetry/record.ts`) is played again; the rest is what became of it. */
const recordSchema = z.object({
  arrivedAtMs: z.number().nonnegative(),
  task: z.string().min(1),
  class: z.enum(requestClasses),
  promptTokens: z.int().nonnegative(),
  stream: z.boolean(),
  outcome: z.enum(['served', 'shed', 'rejected', 'failed', 'aborted']),
  outputTokens: z.int().nonnegative().optional(),
});
type GatewayRecord = z.output<typeof recordSchema>;

/** Requests as the gateway recorded them. */
export interface GatewayRecording {
  /** In order of arrival, the first at 0. */
  readonly requests: readonly TimedRecording[];
  /** What had to be left out or made up, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads the gateway's request records, one JSON line each, in any order. A request that got no answer was load all the
 * same: it gets the output length of an answered one of its task, the next in order of arrival. One that was rejected
 * for a fault of its own never was, and is left out.
 * @throws WorkloadError with every line that is no record, or if there is nothing to play
 */
export function parseGatewayRecords(text: string, file: string): GatewayRecording {
  const records = readLines(text, file);
  const accepted = records.filter(({ outcome }) => outcome !== 'rejected');
  if (accepted.length === 0) throw new WorkloadError([`${file}: no requests`]);
  const inOrder = accepted.toSorted((a, b) => a.arrivedAtMs - b.arrivedAtMs);
  const originMs = inOrder[0]!.arrivedAtMs;
  const lengthOf = outputLengths(inOrder, file);
  const requests = inOrder.map((record) => ({
    arrivalMs: record.arrivedAtMs - originMs,
    task: record.task,
    class: record.class,
    // Counted in characters by the gateway; an engine never reads less than one token.
    promptTokens: Math.max(1, record.promptTokens),
    outputTokens: lengthOf(record),
    stream: record.stream,
  }));
  return { requests, notes: notesOf(records, file) };
}

function readLines(text: string, file: string): GatewayRecord[] {
  const faults: string[] = [];
  const records = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const record = readLine(line, `${file}:${index + 1}`, faults);
    return record ?? [];
  });
  if (faults.length > 0) throw new WorkloadError(faults);
  return records;
}

function readLine(line: string, where: string, faults: string[]): GatewayRecord | undefined {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch {
    faults.push(`${where}: expected a request record as JSON, received ${JSON.stringify(line.slice(0, 60))}`);
    return undefined;
  }
  const parsed = recordSchema.safeParse(document, { reportInput: true });
  if (parsed.success) return parsed.data;
  faults.push(...describeIssues(where, parsed.error));
  return undefined;
}

/** Output length by record: its own, or those of the answered ones in turn. */
function outputLengths(records: readonly GatewayRecord[], file: string): (record: GatewayRecord) => number {
  const all: number[] = [];
  const byTask = new Map<string, number[]>();
  for (const record of records)
    if (isAnswered(record)) {
      all.push(record.outputTokens);
      const own = byTask.get(record.task);
      if (own === undefined) byTask.set(record.task, [record.outputTokens]);
      else own.push(record.outputTokens);
    }
  if (all.length === 0)
    throw new WorkloadError([`${file}: no request was answered: there is no output length to play`]);
  let turn = 0;
  return (record) => {
    if (isAnswered(record)) return record.outputTokens;
    const lengths = byTask.get(record.task) ?? all;
    return lengths[turn++ % lengths.length]!;
  };
}

function isAnswered(record: GatewayRecord): record is GatewayRecord & { outputTokens: number } {
  return record.outcome === 'served' && record.outputTokens !== undefined && record.outputTokens > 0;
}

function notesOf(records: readonly GatewayRecord[], file: string): string[] {
  const rejected = records.filter(({ outcome }) => outcome === 'rejected').length;
  const unanswered = records.filter((record) => !isAnswered(record)).length - rejected;
  const notes: string[] = [];
  if (rejected > 0) notes.push(`${file}: ${rejected} rejected requests left out`);
  if (unanswered > 0)
    notes.push(`${file}: ${unanswered} requests without an answer play with the output lengths of others`);
  return notes;
}
