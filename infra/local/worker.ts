export * from '../../src/index.ts';
export { default } from '../../src/index.ts';
export { LocalAI } from './local-ai.ts';
