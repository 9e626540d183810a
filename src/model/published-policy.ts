import type { Clock } from '../platform/clock.ts';
import { type Scorer, ScorerFault, type ScorerFaultKind } from '../routing/scorer.ts';
import { type Artifact, digestOf } from './artifact.ts';
import { readyScorer } from './learned-scorer.ts';
import { unpackArtifact } from './packed-artifact.ts';
import type { Inference } from './runtime.ts';

/** How long an isolate goes on without asking whether another artifact was published. */
export const refreshMs = 60_000;

/** No policy is that large; the isolate's memory is bounded. */
const maxBytes = 4 * 1024 * 1024;

/** An R2 bucket, as far as it is used. An object without `text` is the one whose `etag` was given. */
export interface ArtifactBucket {
  get(
    key: string,
    options?: { readonly onlyIf: { readonly etagDoesNotMatch: string } },
  ): Promise<{ readonly etag: string; readonly size: number; text?(): Promise<string> } | null>;
}

/** Which network decides, where it is not simply the one that comes with the Worker. */
export interface ArtifactInUse {
  /** The beginning of the network's SHA-256; `bundled` for the one that comes with the Worker. */
  readonly name: string;
  /** Why it is not the one that is published now; absent: it is. */
  readonly because?: ScorerFaultKind | undefined;
}

export interface PublishedPolicyOptions {
  readonly bucket: ArtifactBucket;
  readonly key: string;
  /** Verifies an artifact and makes it ready. */
  readonly load: (artifact: Artifact) => Promise<Inference>;
  readonly clock: Clock;
}

/** A policy that was published and is good. */
interface Published {
  readonly infer: Inference;
  readonly scorer: Scorer;
  readonly name: string;
}

/**
 * The policy that was published in a bucket, without a new version of the Worker. It is asked for beside the requests,
 * never before one: until a good one has come, and where none was published, the bundled one decides, and where the
 * next is not good, the last.
 */
export class PublishedPolicy {
  readonly #options: PublishedPolicyOptions;
  #inUse: Published | undefined;
  /** What is wrong with the object of that etag. */
  #fault: ScorerFaultKind | undefined;
  #etag: string | undefined;
  #isReached = true;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PublishedPolicyOptions) {
    this.#options = options;
  }

  /** Who decides now; undefined: the bundled policy. */
  get scorer(): Scorer | undefined {
    return this.#inUse?.scorer;
  }

  get artifact(): ArtifactInUse | undefined {
    const because = this.#isReached ? this.#fault : 'artifact-unreachable';
    if (this.#inUse === undefined && because === undefined) return undefined;
    return { name: this.#inUse?.name ?? 'bundled', ...(because !== undefined && { because }) };
  }

  /**
   * Looks for another artifact.
   * @returns when that is done, and never rejects; undefined where it was done lately
   */
  refresh(): Promise<void> | undefined {
    const nowMs = this.#options.clock();
    if (nowMs - this.#askedAtMs < refreshMs) return undefined;
    this.#askedAtMs = nowMs;
    return this.#ask();
  }

  async #ask(): Promise<void> {
    const { bucket, key } = this.#options;
    try {
      const etag = this.#etag;
      const found = await bucket.get(
        key,
        etag === undefined ? undefined : { onlyIf: { etagDoesNotMatch: etag } },
      );
      const text = found !== null && found.size <= maxBytes ? await found.text?.() : undefined;
      this.#isReached = true;
      if (found === null) await this.#withdraw();
      else if (text !== undefined) await this.#take(found.etag, text);
      else if (found.etag !== etag) this.#refuse(found.etag, tooLarge(found.size));
    } catch (error) {
      this.#isReached = false;
      console.error(`learned policy: the published one cannot be asked for: ${String(error)}`);
    }
  }

  async #take(etag: string, text: string): Promise<void> {
    try {
      const artifact = unpackArtifact(text);
      const name = (await digestOf(artifact.onnx)).slice(0, 12);
      const infer = await this.#options.load(artifact);
      this.#etag = etag;
      this.#fault = undefined;
      await this.#use({ infer, scorer: readyScorer(infer), name });
    } catch (error) {
      this.#refuse(etag, error);
    }
  }

  #refuse(etag: string, error: unknown): void {
    this.#etag = etag;
    this.#fault = error instanceof ScorerFault ? error.kind : 'runtime-failed';
    console.error(`learned policy: the published one is not taken: ${String(error)}`);
  }

  async #withdraw(): Promise<void> {
    this.#fault = undefined;
    this.#etag = undefined;
    await this.#use(undefined);
  }

  /** Whoever has asked for the last one has begun to run it: a decision takes its scorer and runs it in one step. */
  async #use(next: Published | undefined): Promise<void> {
    const last = this.#inUse;
    this.#inUse = next;
    try {
      await last?.infer.release?.();
    } catch (error) {
      console.error(`learned policy: the last one is not given back: ${String(error)}`);
    }
  }
}

function tooLarge(bytes: number): ScorerFault {
  return new ScorerFault('network-unreadable', `an artifact of ${bytes} bytes, above ${maxBytes}`);
}
