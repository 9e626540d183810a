import type { RecordSink, RequestRecord } from './record.ts';

/** Workers Analytics Engine, as far as it is used: it takes a point at once and sends it later. */
export interface AnalyticsDataset {
  writeDataPoint(point: {
    readonly indexes: readonly string[];
    readonly blobs: readonly string[];
    readonly doubles: readonly number[];
  }): void;
}

/** Stands for a number that a request does not have; none of them is ever negative. */
const absent = -1;

/**
 * One data point per request, sampled by the variant that served it. SQL knows the columns by number: blob1 is the
 * first of `blobs`, double1 of `doubles`, and docs/operations.md lists them.
 */
export function analyticsRecords(dataset: AnalyticsDataset): RecordSink {
  return (record) => {
    try {
      dataset.writeDataPoint(pointOf(record));
    } catch (error) {
      console.error(`telemetry: a data point was not taken: ${String(error)}`);
    }
  };
}

function pointOf(record: RequestRecord) {
  const served = record.outcome === 'served' ? record.attempts.at(-1) : undefined;
  return {
    indexes: [served?.variant ?? record.outcome],
    blobs: [
      record.outcome,
      served?.variant ?? '',
      served?.endpoint ?? '',
      record.task,
      record.class,
      record.reason,
      record.scorer,
      record.keyId ?? '',
      record.artifact?.name ?? '',
    ],
    doubles: [
      record.status,
      record.promptTokens,
      record.outputTokens ?? absent,
      record.ttftMs ?? absent,
      record.tpotMs ?? absent,
      record.e2eMs ?? absent,
      record.onTime === undefined ? absent : Number(record.onTime),
      record.attempts.length,
    ],
  };
}
