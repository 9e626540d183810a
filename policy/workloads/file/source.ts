import { readText } from '../../csv/rows.ts';
import { type ArrivalSource, generatedArrivals, timedArrivals } from '../generate.ts';
import { parseGatewayRecords } from '../recorded/gateway-records.ts';
import { played, recordingMs, type TimedRecording } from '../recorded/recording.ts';
import {
  meanServeGenRate,
  readServeGenClients,
  recordedWindowS,
  serveGenArrivals,
} from '../recorded/servegen.ts';
import { readTrace } from '../trace.ts';
import { WorkloadError } from '../workload-error.ts';
import type { ArrivalsDocument, WorkloadDocument } from './document.ts';
import type { Places } from './places.ts';
import { type GeneratedDocument, gapsOf, isGenerated, meanRateOf, ratesOf } from './rates.ts';

/** Arrivals as a workload file describes them, read and ready to be made for a duration. */
export interface Source {
  /** Requests per second averaged over all the source can give, which a part of a recording need not have. */
  readonly meanRatePerSecond: number;
  /** How long it can go on for; `undefined`: without end. */
  readonly lengthMs: number | undefined;
  /** Tasks its requests already have. */
  readonly tasks: readonly string[];
  readonly hasLengths: boolean;
  readonly notes: readonly string[];
  arrivals(durationMs: number): ArrivalSource;
}

/**
 * @param ratePerSecond the mean rate to have instead of the document's, everything else in proportion: a recording
 *   is compressed in time until it has it
 * @param name what messages call the workload
 * @throws WorkloadError, CsvError for a file that is missing or faulty
 */
export function sourceOf(
  document: WorkloadDocument,
  ratePerSecond: number | undefined,
  places: Places,
  name: string,
): Source {
  const { arrivals } = document;
  if (isGenerated(arrivals)) return generatedSource(arrivals, ratePerSecond);
  if (arrivals.kind === 'servegen') return serveGenSource(arrivals, ratePerSecond, places, name);
  const file = places.find(arrivals.file, 'arrivals.file');
  if (arrivals.kind === 'trace')
    return recordedSource({ requests: readTrace(file), notes: [] }, arrivals, ratePerSecond, name);
  const recording = parseGatewayRecords(readText(file), file);
  const requests = document.mix === undefined ? recording.requests : recording.requests.map(withoutTask);
  return recordedSource({ ...recording, requests }, arrivals, ratePerSecond, name);
}

function generatedSource(arrivals: GeneratedDocument, ratePerSecond: number | undefined): Source {
  const stated = meanRateOf(arrivals);
  const rate = ratePerSecond ?? stated;
  const source = generatedArrivals(ratesOf(arrivals, rate / stated), gapsOf(arrivals.gaps));
  return {
    meanRatePerSecond: rate,
    lengthMs: undefined,
    tasks: [],
    hasLengths: false,
    notes: [],
    arrivals: () => source,
  };
}

type ServeGenDocument = Extract<ArrivalsDocument, { kind: 'servegen' }>;

function serveGenSource(
  arrivals: ServeGenDocument,
  ratePerSecond: number | undefined,
  places: Places,
  name: string,
): Source {
  const clients = readServeGenClients(places.find(arrivals.folder, 'arrivals.folder'));
  const recorded = meanServeGenRate(clients);
  const rate = ratePerSecond ?? arrivals.requestsPerSecond ?? recorded;
  const windowMs = arrivals.windowS * 1000;
  const { startS } = arrivals;
  const startWindow = startS === 'drawn' ? 0 : startS / recordedWindowS;
  return {
    meanRatePerSecond: rate,
    lengthMs: remaining((clients[0]!.length - startWindow) * windowMs, startS, name),
    tasks: [],
    hasLengths: false,
    notes: [],
    arrivals: (durationMs) =>
      timedArrivals((random) =>
        serveGenArrivals(clients, { startS, durationMs, windowMs, rateFactor: rate / recorded }, random),
      ),
  };
}

type RecordedDocument = Extract<ArrivalsDocument, { kind: 'trace' | 'records' }>;

function recordedSource(
  recording: { readonly requests: readonly TimedRecording[]; readonly notes: readonly string[] },
  arrivals: RecordedDocument,
  ratePerSecond: number | undefined,
  name: string,
): Source {
  const { requests, notes } = recording;
  const wholeMs = recordingMs(requests);
  if (wholeMs === 0)
    throw new WorkloadError([
      `${name}: arrivals.file: ${requests.length} requests at one instant have no rate: expected at least two, at different times`,
    ]);
  const recordedRate = requests.length / (wholeMs / 1000);
  const speed = ratePerSecond === undefined ? arrivals.speed : ratePerSecond / recordedRate;
  const { startS, jitter } = arrivals;
  const startMs = startS === 'drawn' ? startS : startS * 1000;
  return {
    meanRatePerSecond: recordedRate * speed,
    lengthMs: remaining((wholeMs - (startS === 'drawn' ? 0 : startS * 1000)) / speed, startS, name),
    tasks: [...new Set(requests.flatMap(({ task }) => task ?? []))],
    hasLengths: true,
    notes,
    arrivals: (durationMs) =>
      timedArrivals((random) => played(requests, { startMs, durationMs, speed, jitter }, random)),
  };
}

/** For a mix of one's own instead of the recorded one. */
function withoutTask({ task: _, class: __, ...recorded }: TimedRecording): TimedRecording {
  return recorded;
}

function remaining(leftMs: number, startS: number | 'drawn', name: string): number {
  if (leftMs > 0) return leftMs;
  throw new WorkloadError([`${name}: arrivals.startS: is beyond the recording's end, received ${startS}`]);
}
