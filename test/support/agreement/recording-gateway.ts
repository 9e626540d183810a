import { join } from 'node:path';
import { localCredentials } from '../../../infra/local/credentials.ts';
import { type Fleet, startFleet } from '../../../infra/local/fleet.ts';
import type { FleetName } from '../../../infra/local/fleets.ts';
import type { Catalogue } from '../../../src/routing/catalogue.ts';
import { bundleProject } from '../../bench/gateway/bundle.ts';
import { readProjectConfig } from '../../bench/gateway/project-config.ts';
import { startWorkerd } from '../../bench/gateway/workerd.ts';
import type { Recording } from './recording.ts';

/** The Worker on workerd alone, telling what it decided on, with a fleet behind it. */
export interface RecordingGateway {
  readonly url: string;
  readonly fleet: Fleet;
  /** What was noted since it was last asked. */
  recording(): Promise<Recording>;
  /** Asks every variant a few times and forgets it: nothing is slow the first time any more, and nothing is learned. */
  warmUp(): Promise<void>;
  stop(): Promise<void>;
}

/** By then a compiler has seen what it needs to, and connections are open. */
const warmUpRounds = 5;

/**
 * @param options.speed how much faster than real GPUs the fleet computes
 * @param options.catalogue for a fleet at an address
 */
export async function startRecordingGateway(options: {
  readonly fleet: FleetName;
  readonly speed: number;
  readonly catalogue: (fleetUrl: string) => Catalogue;
}): Promise<RecordingGateway> {
  const bundle = await bundleProject(
    'recording',
    join(import.meta.dirname, '../../workers/recording/worker.ts'),
  );
  const fleet = await startFleet({ fleet: options.fleet, speed: options.speed });
  const config = {
    ...readProjectConfig(),
    // The flags of the local environment: what stands in for Workers AI is called over RPC with a signal.
    compatibilityFlags: ['enable_request_signal', 'enable_abortsignal_rpc'],
    experimental: true,
    entrypoints: [{ binding: 'AI', className: 'LocalAI' }],
  };
  const { process, port } = await startWorkerd(bundle, config, {
    ACCESS: 'open',
    CATALOGUE: JSON.stringify(options.catalogue(fleet.url)),
    FLEET_URL: fleet.url,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
  });
  const url = `http://127.0.0.1:${port}`;
  const models = options.catalogue(fleet.url).variants.map(({ id }) => id);
  return {
    url,
    fleet,
    async recording() {
      const response = await succeeded(await fetch(`${url}/recording`));
      return (await response.json()) as Recording;
    },
    async warmUp() {
      for (const model of Array.from({ length: warmUpRounds }, () => models).flat())
        await askShortly(url, model);
      await succeeded(await fetch(`${url}/forget`, { method: 'POST' }));
      fleet.requests.clear();
    },
    async stop() {
      await process.end();
      await fleet.close();
    },
  };
}

async function askShortly(url: string, model: string): Promise<void> {
  const messages = [{ role: 'user', content: 'Answer in exactly 2 tokens.' }];
  const body = JSON.stringify({ model, messages, stream: true });
  const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body });
  await (await succeeded(response)).text();
}

async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}
