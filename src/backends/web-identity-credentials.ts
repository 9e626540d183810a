import type { Clock } from '../platform/clock.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { BackendError } from './failure.ts';
import type { SigningKey } from './web-identity-keys.ts';
import { signToken } from './web-identity-token.ts';

/** Credentials are renewed by one request when this much of their hour is left, */
const renewalMs = 10 * 60_000;
/** and by every request that finds less than this, since a long answer must not outlive its signature's key. */
const lastMs = 5 * 60_000;
/** How long the one request has for it before another tries. */
const attemptMs = 5_000;

interface WebIdentity {
  /** Role to be assumed. */
  readonly roleArn: string;
  /** Address under which the gateway publishes its key. */
  readonly issuer: string;
  readonly signingKey: SigningKey;
  /** Where AWS's token service is, when not at its address for the region. */
  readonly tokenServiceUrl?: string;
}

interface Held {
  readonly credentials: AwsCredentials;
  readonly expiresAtMs: number;
}

/**
 * Credentials of an hour in exchange for a token that the gateway has signed itself
 * (docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html). What is held is a value, never a
 * promise: in a Worker one request must not wait for another one's network.
 */
export class WebIdentityCredentials {
  readonly #identity: WebIdentity;
  readonly #clock: Clock;
  #held: Held | undefined;
  #renewingUntilMs = Number.NEGATIVE_INFINITY;

  constructor(identity: WebIdentity, clock: Clock) {
    this.#identity = identity;
    this.#clock = clock;
  }

  /**
   * @param region whose token service is asked
   * @throws BackendError `misconfigured` when the token service refuses, `unavailable` when it does not answer
   */
  async get(region: string): Promise<AwsCredentials> {
    const held = this.#held;
    const leftMs = held === undefined ? 0 : held.expiresAtMs - this.#clock();
    if (held !== undefined && (leftMs > renewalMs || (leftMs > lastMs && this.#isRenewing())))
      return held.credentials;
    this.#renewingUntilMs = this.#clock() + attemptMs;
    try {
      this.#held = await this.#assume(region);
    } catch (error) {
      if (held !== undefined && leftMs > 0) return held.credentials;
      throw error;
    }
    return this.#held.credentials;
  }

  #isRenewing(): boolean {
    return this.#clock() < this.#renewingUntilMs;
  }

  async #assume(region: string): Promise<Held> {
    const { roleArn, issuer, signingKey, tokenServiceUrl } = this.#identity;
    const body = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: 'gateway',
      DurationSeconds: '3600',
      WebIdentityToken: await signToken(signingKey, issuer, this.#clock()),
    });
    const url = tokenServiceUrl ?? `https://sts.${region}.amazonaws.com`;
    const response = await post(url, body);
    const answer = await response.text();
    if (!response.ok) throw refusal(response.status, answer);
    return held(answer);
  }
}

async function post(url: string, body: URLSearchParams): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(attemptMs),
    });
  } catch (cause) {
    throw new BackendError({ kind: 'unavailable' }, 'the token service of AWS does not answer', { cause });
  }
}

/** The answer is XML of a fixed form; its values are of alphabets that XML need not escape. */
function held(answer: string): Held {
  const value = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1];
  const accessKeyId = value('AccessKeyId');
  const secretAccessKey = value('SecretAccessKey');
  const sessionToken = value('SessionToken');
  const expiresAtMs = Date.parse(value('Expiration') ?? '');
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(expiresAtMs))
    throw new BackendError({ kind: 'malformed' }, 'the token service of AWS answers without credentials');
  return { credentials: { accessKeyId, secretAccessKey, sessionToken }, expiresAtMs };
}

/** Its codes are for the log: what is wrong is the deployment's, not the client's. */
function refusal(status: number, answer: string): BackendError {
  const code = /<Code>([^<]+)<\/Code>/.exec(answer)?.[1] ?? `status ${status}`;
  return status >= 500
    ? new BackendError({ kind: 'unavailable' }, `the token service of AWS fails: ${code}`)
    : new BackendError({ kind: 'misconfigured', status: 401 }, `the token service of AWS refuses: ${code}`);
}
