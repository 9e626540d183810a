import type { RunningGateway } from '../../policy/replay/replay.ts';
import { ReplayError } from '../../policy/replay/replay-error.ts';

const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Starts the local gateway and fleet at an address of this machine. The fleet then shares this process with the
 * client; `npm start` in another terminal gives each its own.
 * @throws ReplayError when the address is another machine's, or the gateway does not start; the signal's reason when it
 * aborts meanwhile
 */
export async function startLocalGateway(url: string, signal: AbortSignal): Promise<RunningGateway> {
  const { hostname, port, protocol } = new URL(url);
  if (!loopback.includes(hostname) || protocol !== 'http:')
    throw new ReplayError(
      `--url: nothing listens at ${url}, and only a gateway of this machine can be started`,
    );
  // Loaded only when needed: a replay against a deployed gateway has no use for wrangler.
  const { startLocal } = await import('./start-local.ts');
  try {
    return await startLocal({ port: Number(port || 80), signal });
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new ReplayError(`the gateway could not be started: ${why}`, { cause: error });
  }
}
