import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../command-line/command-error.ts';
import { forAPerson } from '../command-line/for-a-person.ts';
import { parseArguments, usage } from './arguments.ts';
import { compareLengths } from './lengths.ts';
import { lengthsMarkdown, lengthsTables } from './report.ts';

const artifactFolder = relative('.', fileURLToPath(new URL('../artifacts', import.meta.url)));

async function main(): Promise<void> {
  const options = parseArguments(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(usage);
  if (!existsSync(options.data)) throw new CommandError(`--data: no such folder: "${options.data}"`);
  const results = compareLengths(options.data);
  const document = `${JSON.stringify(results, null, 2)}\n`;
  if (options.write) {
    await writeFile(join(artifactFolder, 'lengths.json'), document);
    await writeFile(join(artifactFolder, 'lengths.md'), lengthsMarkdown(results));
  }
  process.stdout.write(options.json ? document : lengthsTables(results));
}

try {
  await main();
} catch (error) {
  console.error(forAPerson(error));
  process.exitCode = 1;
}
