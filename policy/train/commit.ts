import { execFileSync } from 'node:child_process';

/** Of the code that trains, so that whoever doubts what was trained can train it again. */
export function commit(): string {
  return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
}
