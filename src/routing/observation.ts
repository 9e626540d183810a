import type { Ability, Catalogue, Endpoint, RequestClass, Slo, Variant } from './catalogue.ts';
import { type Company, companyOn } from './company.ts';
import { layoutOf } from './layout.ts';
import { capped, type LengthPrediction, onVariant, predictLength } from './lengths/length-model.ts';
import { type MaskReason, maskReason } from './mask.ts';
import {
  type PredictedLatency,
  paceAlone,
  predictLatency,
  priorService,
  readMsPerToken,
  type ServiceEstimate,
} from './service.ts';
import { type EndpointLoad, idleLoad, type PoolSnapshot } from './snapshot.ts';

/** Version of what scorers see. A learned policy names the one it was trained on. */
export const OBSERVATION_VERSION = 3;

/** What routing needs to know of a request. */
export interface RoutingRequest {
  readonly task: string;
  readonly class: RequestClass;
  readonly slo: Slo;
  /** Quality below which no variant may be chosen, 0 to 1. */
  readonly minQuality: number;
  readonly minTier: number;
  readonly promptTokens: number;
  /** Prompt tokens that a variant's context must have room for, where the estimate would leave no variant at all. */
  readonly promptTokensToFit?: number | undefined;
  /** The client's own bound on output tokens. */
  readonly maxOutputTokens?: number | undefined;
  /** What its length is predicted from, as `lengthSlots` gives it; absent: its task's mean is all that is known. */
  readonly lengthSlots?: readonly number[] | undefined;
  /** What somebody who knows better expects of this very request; nothing that was learned is asked then. */
  readonly predictedOutputTokens?: number | undefined;
  /** Variants the caller may use at all; absent: any. */
  readonly allowed?: ReadonlySet<string> | undefined;
  /** Variants the client pinned; absent: any. */
  readonly pinned?: ReadonlySet<string> | undefined;
  readonly needs: ReadonlySet<Ability>;
}

/** One row of the catalogue as it stands for one request at one moment. */
export interface Action {
  readonly variant: Variant;
  readonly endpoint: Endpoint;
  readonly load: EndpointLoad;
  /** Share of the endpoint's places taken, 0 to 1. */
  readonly occupancy: number;
  readonly quality: number;
  /** What it would share its replica with. */
  readonly company: Company;
  /** How fast the variant is, as far as its traffic has shown. */
  readonly service: ServiceEstimate;
  /** Output tokens of this request here. */
  readonly length: LengthPrediction;
  readonly predicted: PredictedLatency;
  /** Time the request would hold a place, relative to the pool's average request on this variant. */
  readonly relativeCost: number;
  /** Why the action may not be chosen; absent: it may. */
  readonly masked?: MaskReason | undefined;
}

/** Everything a scorer sees. */
export interface Observation {
  readonly catalogue: Catalogue;
  readonly request: RoutingRequest;
  /** Output tokens, whichever variant answers; each action has its own. */
  readonly length: LengthPrediction;
  /** One per variant, in the catalogue's order. */
  readonly actions: readonly Action[];
  readonly arrivals: PoolSnapshot['arrivals'];
  readonly taskMix: PoolSnapshot['taskMix'];
  /** Of the pool's recent requests. */
  readonly meanPromptTokens: number;
  readonly meanOutputTokens: number;
  /** Age of the snapshot the loads come from. */
  readonly snapshotAgeMs: number;
}

/** Every action of the catalogue, seen for one request. */
export function observe(
  catalogue: Catalogue,
  snapshot: PoolSnapshot,
  request: RoutingRequest,
  age: { readonly snapshotAgeMs: number; readonly elapsedMs: number },
): Observation {
  const length = expectedLength(catalogue, snapshot, request);
  const meanOutputTokens = meanLength(catalogue, snapshot);
  const { endpoints } = layoutOf(catalogue);
  const actions = catalogue.variants.map((variant, index) => {
    const endpoint = endpoints[index]!;
    const load = snapshot.endpoints[endpoint.id] ?? idleLoad;
    const service = snapshot.services[variant.id] ?? priorService(variant);
    const ownLength = lengthOn(variant, snapshot, request, length);
    const company = companyOn(endpoint, load, snapshot.services, variant.id);
    const predicted = predictLatency(
      service,
      request.promptTokens + load.promptTokensQueued / endpoint.replicas,
      company,
      ownLength,
      request.slo,
      age.elapsedMs,
    );
    const heldMs = (promptTokens: number, outputTokens: number) =>
      readMsPerToken(service) * promptTokens + paceAlone(service) * outputTokens;
    return {
      variant,
      endpoint,
      load,
      occupancy: load.inFlight / placesOf(endpoint),
      quality: variant.quality[request.task] ?? 0,
      company,
      service,
      length: ownLength,
      predicted,
      relativeCost:
        heldMs(request.promptTokens, ownLength.tokens) / heldMs(snapshot.meanPromptTokens, meanOutputTokens),
      masked: maskReason(request, variant, load),
    };
  });
  const { arrivals, taskMix, meanPromptTokens } = snapshot;
  const { snapshotAgeMs } = age;
  return {
    catalogue,
    request,
    length,
    actions,
    arrivals,
    taskMix,
    meanPromptTokens,
    meanOutputTokens,
    snapshotAgeMs,
  };
}

/** Requests an endpoint may hold at once. */
export function placesOf(endpoint: Endpoint): number {
  return endpoint.replicas * endpoint.maxInFlightPerReplica;
}

function expectedLength(
  catalogue: Catalogue,
  snapshot: PoolSnapshot,
  request: RoutingRequest,
): LengthPrediction {
  const prior = { tokens: catalogue.tasks[request.task]?.outputTokens ?? 1, logVariance: 0.5 };
  const ofTask = snapshot.lengths[request.task] ?? prior;
  return capped(
    request.predictedOutputTokens === undefined
      ? (learnedLength(snapshot, request) ?? ofTask)
      : { ...ofTask, tokens: request.predictedOutputTokens },
    request.maxOutputTokens,
  );
}

function learnedLength(snapshot: PoolSnapshot, request: RoutingRequest): LengthPrediction | undefined {
  const { lengthModel } = snapshot;
  if (lengthModel === undefined || request.lengthSlots === undefined) return undefined;
  return predictLength(lengthModel, request.task, request.lengthSlots);
}

/** What of the prediction changes when it is known which variant answers. */
function lengthOn(
  { id, parameters }: Variant,
  { lengthModel }: PoolSnapshot,
  request: RoutingRequest,
  length: LengthPrediction,
): LengthPrediction {
  const isLearned = lengthModel !== undefined && length.calibration !== undefined;
  const own = isLearned ? onVariant(length, lengthModel, request.task, id) : length;
  return capped(capped(own, parameters.maxOutputTokens), request.maxOutputTokens);
}

function meanLength(catalogue: Catalogue, snapshot: PoolSnapshot): number {
  let tokens = 0;
  let share = 0;
  for (const task in snapshot.taskMix) {
    const taskShare = snapshot.taskMix[task] ?? 0;
    tokens += taskShare * (snapshot.lengths[task]?.tokens ?? 0);
    share += taskShare;
  }
  return share > 0 ? tokens / share : (catalogue.tasks[catalogue.defaultTask]?.outputTokens ?? 1);
}
