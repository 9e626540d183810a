/** Makes one call for several items; answers with one result for each, in their order. */
type Send<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>;

interface Follower<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets calls of an isolate's requests travel as one: while a call is under way those that come meanwhile gather, and
 * leave together when it is back. The first of them leads: it makes the call for all, as its own.
 *
 * A follower depends on its leader for nothing but speed. Should the call for all fail, or not be heard of again, each
 * makes its own, so calling twice for one item must do no harm.
 *
 * Every request awaits promises that it has made itself and others settle, never those of others: in a Worker what
 * follows on a promise runs as the request that made it, and may only use what is that request's own.
 */
export class CallBatcher<Item, Result> {
  readonly #gatherMs: number;
  readonly #patienceMs: number;
  /** Who goes along with the next call; undefined while nobody waits to make one. */
  #followers: Follower<Item, Result>[] | undefined;
  /** Ends the wait of who is to make the next call. */
  #depart: () => void = () => {};
  /** The last call that has left, until it is back. */
  #underWay: symbol | undefined;

  /**
   * @param gatherMs how long a call waits at most for the one before it
   * @param patienceMs how long a follower waits for the call for all before it makes its own
   */
  constructor({ gatherMs, patienceMs }: { readonly gatherMs: number; readonly patienceMs: number }) {
    this.#gatherMs = gatherMs;
    this.#patienceMs = patienceMs;
  }

  /** The result for one item. Rejects with what a call for this item alone rejects with. */
  async call(item: Item, send: Send<Item, Result>): Promise<Result> {
    const followers = this.#followers;
    if (followers === undefined) return await this.#lead(item, send);
    try {
      return await this.#follow(item, followers);
    } catch {
      // Nobody else should wait for a leader that may be gone.
      if (this.#followers === followers) this.#followers = undefined;
      return await alone(item, send);
    }
  }

  async #lead(item: Item, send: Send<Item, Result>): Promise<Result> {
    const followers = this.#underWay === undefined ? [] : await this.#gather();
    const call = Symbol();
    this.#underWay = call;
    try {
      const [own, ...others] = await send([item, ...followers.map((follower) => follower.item)]);
      for (const [index, follower] of followers.entries()) follower.resolve(others[index]!);
      return own!;
    } catch (error) {
      for (const follower of followers) follower.reject(error);
      if (followers.length === 0) throw error;
      return await alone(item, send);
    } finally {
      if (this.#underWay === call) {
        this.#underWay = undefined;
        this.#depart();
      }
    }
  }

  async #gather(): Promise<readonly Follower<Item, Result>[]> {
    const followers: Follower<Item, Result>[] = [];
    this.#followers = followers;
    const departure = Promise.withResolvers<void>();
    this.#depart = departure.resolve;
    const timer = setTimeout(departure.resolve, this.#gatherMs);
    await departure.promise;
    clearTimeout(timer);
    if (this.#followers === followers) this.#followers = undefined;
    return followers;
  }

  async #follow(item: Item, followers: Follower<Item, Result>[]): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    followers.push({ item, resolve, reject });
    const timer = setTimeout(() => reject(new Error('no answer to the call for all')), this.#patienceMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

async function alone<Item, Result>(item: Item, send: Send<Item, Result>): Promise<Result> {
  const [result] = await send([item]);
  return result!;
}
