import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Env, readConfig } from '../../src/config.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const catalogue = /```json\n([\s\S]*?)```/.exec(readme)?.[1];
const commands = Object.keys(
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).scripts,
);

const variables = {
  ACCESS: 'open',
  VLLM_URL: 'http://127.0.0.1:1',
  VLLM_KEY: 'key',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AI: { run: () => undefined },
};
const configure = (more: object = {}) =>
  readConfig({ ...variables, CATALOGUE: catalogue, ...more } as unknown as Env);

describe('the README', () => {
  it('shows a catalogue that is taken as it stands', () => {
    expect(configure().catalogue.variants.map(({ id }) => id)).toEqual(['llama-70b', 'llama-8b', 'llama-1b']);
  });

  it('names scorers that exist', () => {
    const row = /\| `SCORER` \| (.*) \|/.exec(readme)![1]!;
    const named = [...row.matchAll(/`([^`]+)`/g)].map(([, scorer]) => scorer!);
    expect(named.length).toBeGreaterThanOrEqual(6);
    const learned = () => ({ name: 'learned', score: () => [] });
    for (const SCORER of named)
      expect(SCORER).toContain(
        createScorer(configure({ SCORER }).catalogue.scorer, Math.random, learned).name,
      );
  });

  it('names commands that exist', () => {
    const named = [...readme.matchAll(/npm run (?:--silent )?([a-z:]+)/g)].map(([, command]) => command!);
    expect(named.length).toBeGreaterThan(5);
    for (const command of named) expect(commands).toContain(command);
  });
});
