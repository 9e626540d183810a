import { env } from 'cloudflare:workers';
import type { Env } from './config.ts';
import { prepareGateway } from './gateway/gateway.ts';

export { AccessObject } from './access/access-object.ts';
export { app as default } from './gateway/app.ts';
export { PoolObject } from './pool/pool-object.ts';

// Start-up waits for no request, and its CPU time is not theirs.
await prepareGateway(env as unknown as Env);
