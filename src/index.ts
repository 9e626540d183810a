export { app as default } from './gateway/app.ts';
export { PoolObject } from './pool/pool-object.ts';
