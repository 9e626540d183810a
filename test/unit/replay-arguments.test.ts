import { describe, expect, test } from 'vitest';
import { parseArguments, usage } from '../../policy/replay/arguments.ts';

const parse = (line: string, env = {}) => parseArguments(line === '' ? [] : line.split(' '), env);

describe('a replay command line', () => {
  test('without flags: a minute of a gentle surge through the local gateway', () => {
    expect(parse('')).toEqual({
      source: { kind: 'generated', name: 'surge', ratePerSecond: 4, durationMs: 60_000 },
      tasks: [],
      class: undefined,
      seed: 1,
      url: 'http://127.0.0.1:8787',
      out: 'out/replay',
      json: false,
    });
  });

  test('a trace, with everything', () => {
    const line = '--trace a.csv --speed 2.5 --duration 30 --task a,b --class batch --seed 7 --out x --json';
    expect(parse(`${line} --url http://gateway:80/v1`)).toEqual({
      source: { kind: 'trace', file: 'a.csv', speed: 2.5, durationMs: 30_000 },
      tasks: ['a', 'b'],
      class: 'batch',
      seed: 7,
      url: 'http://gateway',
      out: 'x',
      json: true,
    });
  });

  test('a trace runs to its end unless told otherwise', () => {
    expect(parse('--trace a.csv')).toMatchObject({ source: { durationMs: undefined, speed: 1 } });
  });

  test('values may follow an equals sign', () => {
    expect(parse('--workload=storm --rate=12')).toMatchObject({
      source: { name: 'storm', ratePerSecond: 12 },
    });
  });

  test('PORT moves the default address', () => {
    expect(parse('', { PORT: '9000' })).toMatchObject({ url: 'http://127.0.0.1:9000' });
  });

  test('help, which names every flag', () => {
    expect(parse('--help')).toBe('help');
    for (const flag of [
      'trace',
      'speed',
      'duration',
      'workload',
      'rate',
      'seed',
      'task',
      'class',
      'url',
      'out',
    ])
      expect(usage).toContain(`--${flag} `);
  });
});

test.each([
  ['--speed fast --trace a', '--speed: expected a number above 0 and at most 1000000, got "fast"'],
  ['--speed 0 --trace a', '--speed: expected a number above 0 and at most 1000000, got "0"'],
  ['--rate -5', '--rate: expected a number above 0 and at most 100000, got "-5"'],
  ['--rate 1e3', '--rate: expected a number above 0 and at most 100000, got "1e3"'],
  ['--duration 0', '--duration: expected a number above 0 and at most 31622400, got "0"'],
  ['--seed 1.5', '--seed: expected a whole number from 0 to 4294967295, got "1.5"'],
  ['--seed -1', '--seed: expected a whole number from 0 to 4294967295, got "-1"'],
  ['--workload calm', '--workload: expected one of stable, storm, surge, got "calm"'],
  ['--class gold', '--class: expected one of interactive, standard, batch, got "gold"'],
  ['--task a,,b', '--task: expected names of tasks separated by commas, got "a,,b"'],
  ['--url here', '--url: expected an address such as http://127.0.0.1:8787, got "here"'],
  ['--url ftp://a', '--url: expected an address such as http://127.0.0.1:8787, got "ftp://a"'],
  ['--rate 2 --trace a', '--rate: not together with --trace; got "2"'],
  ['--workload storm --trace a', '--workload: not together with --trace; got "storm"'],
  ['--speed 2', '--speed: only with --trace, which has a recorded speed; got "2"'],
  ['--rate', '--rate: needs a value'],
  ['--trace --json', '--trace: needs a value'],
  ['--trace=', '--trace: needs a value'],
  ['--rate 1 --rate 2', '--rate: given twice'],
  ['--json=yes', '--json: takes no value, got "yes"'],
  ['trace.csv', 'unexpected argument "trace.csv"; every value follows a flag, see --help'],
])('refused in one sentence: %s', (line, message) => {
  expect(() => parse(line)).toThrow(message);
});

test('an unknown flag is answered with the known ones', () => {
  expect(() => parse('--tarce a.csv')).toThrow(/^--tarce: no such flag; known: --trace, --speed,/);
});

test('a PORT that is none is named as such', () => {
  expect(() => parse('', { PORT: 'x' })).toThrow('PORT: expected an address such as');
});
