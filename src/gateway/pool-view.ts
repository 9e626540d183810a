import { limits } from '../limits.ts';
import { Ledger } from '../pool/ledger.ts';
import type { PoolClient } from '../pool/pool-client.ts';
import type { Catalogue } from '../routing/catalogue.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';

/**
 * The pool as this request sees it. When the ledger cannot be reached a request is better routed on the catalogue's
 * priors than not at all.
 */
export async function currentSnapshot(
  pool: PoolClient,
  catalogue: Catalogue,
): Promise<{ readonly snapshot: PoolSnapshot; readonly ageMs: number }> {
  try {
    return await pool.snapshot(limits.snapshotAgeMs);
  } catch (error) {
    console.error(`ledger: no snapshot, routing on priors: ${String(error)}`);
    return { snapshot: new Ledger(catalogue, 0).snapshot(0), ageMs: Infinity };
  }
}
