import { z } from 'zod';
import { CommandError } from '../../policy/command-line/command-error.ts';
import type { Environment } from '../desired-state/environment.ts';
import type { Run, RunOptions } from './programs.ts';
import { failureOf, succeed } from './succeed.ts';

/** Words of wrangler and of Cloudflare's API for what is not there. No other failure means that. */
const absent = {
  worker: /Worker "[^"]*"( \(env: [^)]*\))? not found|\[code: 10007\]/,
  bucket: /\[code: 10006\]/,
  object: /The specified key does not exist|\[code: 10006\]/,
};

/** What R2 says of a bucket that it does not delete. */
const notEmpty = /\[code: 10008\]/;

/** What wrangler says where the newest version is not the one that is live, as after a rollback. */
const olderIsLive = /latest version of your Worker isn't currently deployed/;

/** Secrets were refused since an older version of the Worker is live: a new one has to be deployed first. */
export class OlderVersionLive extends CommandError {}

/** Cloudflare's side of one environment, through wrangler. */
export class Cloudflare {
  readonly #run: Run;
  readonly #environment: string;

  constructor(run: Run, { name }: Environment) {
    this.#run = run;
    this.#environment = name;
  }

  /** Whether there are credentials, and they are good. */
  async isLoggedIn(): Promise<boolean> {
    const { code, stdout } = await this.#run(['whoami', '--json']);
    return code === 0 && !/"loggedIn":\s*false/.test(stdout);
  }

  async hasR2(): Promise<boolean> {
    return (await this.#run(['r2', 'bucket', 'list'])).code === 0;
  }

  async hasBucket(name: string): Promise<boolean> {
    return (await this.#unless(absent.bucket, ['r2', 'bucket', 'info', name, '--json'])) !== undefined;
  }

  async createBucket(name: string): Promise<void> {
    await succeed('wrangler', this.#run, ['r2', 'bucket', 'create', name]);
  }

  /** @returns false when it is not empty, and stays */
  async deleteBucket(name: string): Promise<boolean> {
    return (await this.#unless(notEmpty, ['r2', 'bucket', 'delete', name])) !== undefined;
  }

  async hasObject(bucket: string, key: string): Promise<boolean> {
    const args = ['r2', 'object', 'get', `${bucket}/${key}`, '--remote', '--pipe'];
    return (await this.#unless(absent.object, args)) !== undefined;
  }

  /** Puts JSON under a key; what was there is replaced. */
  async putObject(bucket: string, key: string, text: string): Promise<void> {
    const args = ['r2', 'object', 'put', `${bucket}/${key}`, '--remote', '--pipe'];
    await succeed('wrangler', this.#run, [...args, '--content-type', 'application/json'], { input: text });
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    await succeed('wrangler', this.#run, ['r2', 'object', 'delete', `${bucket}/${key}`, '--remote']);
  }

  /** Names of the Worker's secrets; undefined where there is no Worker yet. */
  async secrets(): Promise<readonly string[] | undefined> {
    const args = ['secret', 'list', '--format', 'json', '--env', this.#environment];
    const stdout = await this.#unless(absent.worker, args);
    if (stdout === undefined) return undefined;
    return z
      .array(z.object({ name: z.string() }))
      .parse(JSON.parse(stdout))
      .map(({ name }) => name);
  }

  /**
   * Sets secrets by name, all at once, and takes away those that are null. They reach wrangler through its standard
   * input, and nothing else.
   * @throws OlderVersionLive where wrangler changes none
   */
  async putSecrets(secrets: Readonly<Record<string, string | null>>): Promise<void> {
    const args = ['secret', 'bulk', '--env', this.#environment];
    const input = JSON.stringify(secrets);
    if ((await this.#unless(olderIsLive, args, { input })) !== undefined) return;
    throw new OlderVersionLive('An older version of the Worker is live, as after a rollback; deploy first.');
  }

  /** Uploads the Worker and makes it live, with these variables beside those of its settings. */
  async deploy(variables: Readonly<Record<string, string>>): Promise<void> {
    const vars = Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`]);
    await succeed('wrangler', this.#run, ['deploy', '--env', this.#environment, ...vars], { show: true });
  }

  /** Deletes the Worker and what its Durable Objects keep. */
  async delete(): Promise<void> {
    await succeed('wrangler', this.#run, ['delete', '--env', this.#environment, '--force'], { show: true });
  }

  /**
   * What a command prints; undefined where it fails with the given words.
   * @throws CommandError when it fails with others: an expired token must not pass for a Worker that is gone
   */
  async #unless(words: RegExp, args: readonly string[], options?: RunOptions): Promise<string | undefined> {
    const ended = await this.#run(args, options);
    if (ended.code === 0) return ended.stdout;
    if (words.test(ended.stderr + ended.stdout)) return undefined;
    throw failureOf('wrangler', args, ended);
  }
}
