import { unstable_readConfig } from 'wrangler';
import { root } from './places.ts';

/** What a Worker's deployment says about how to run it. */
export interface WorkerConfig {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Whether flags may be used that are not settled yet. */
  readonly experimental?: boolean;
  readonly durableObjects: readonly { readonly binding: string; readonly className: string }[];
  /** Services that the Worker itself is, by further entrypoints of its. */
  readonly entrypoints?: readonly { readonly binding: string; readonly className: string }[];
}

/** The project's own, read as wrangler reads it. */
export function readProjectConfig(): WorkerConfig {
  const config = unstable_readConfig({ config: `${root}/wrangler.toml` }, { hideWarnings: true });
  if (config.compatibility_date === undefined) throw new Error('wrangler.toml: no compatibility_date');
  return {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    durableObjects: config.durable_objects.bindings.map(
      ({ name, class_name }: { name: string; class_name: string }) => ({
        binding: name,
        className: class_name,
      }),
    ),
  };
}
