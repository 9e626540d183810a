import { basename, extname } from 'node:path';
import { readText } from '../../csv/rows.ts';
import { WorkloadError } from '../workload-error.ts';
import { bundledNames, bundledWorkloads, isBundled } from './bundled.ts';
import { documentSchema, type WorkloadDocument } from './document.ts';
import { describeIssues } from './issues.ts';
import { parseJson } from './parse-json.ts';

/**
 * The document of a workload: a bundled one by its name, a workload file (`.json`), or a recording on its own, played
 * whole and as it was (`.csv`, `.jsonl`).
 * @throws WorkloadError with every fault, each naming the field and the received value
 */
export function readDocument(nameOrFile: string): WorkloadDocument {
  if (isBundled(nameOrFile)) return parseDocument(bundledWorkloads[nameOrFile], nameOrFile);
  const file = basename(nameOrFile);
  switch (extname(nameOrFile)) {
    case '.json':
      return parseDocument(withBase(readJson(nameOrFile), nameOrFile), nameOrFile);
    case '.csv':
      return parseDocument({ arrivals: { kind: 'trace', file, startS: 0 } }, nameOrFile);
    case '.jsonl':
      return parseDocument({ arrivals: { kind: 'records', file, startS: 0 } }, nameOrFile);
    default:
      throw new WorkloadError([
        `no workload "${nameOrFile}": expected ${bundledNames.join(', ')}, or a file ending in .json, .csv or .jsonl`,
      ]);
  }
}

function parseDocument(document: unknown, source: string): WorkloadDocument {
  const parsed = documentSchema.safeParse(document, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new WorkloadError(describeIssues(source, parsed.error));
}

function readJson(file: string): unknown {
  try {
    return parseJson(readText(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new WorkloadError([`${file}: not JSON: ${error.message}`]);
  }
}

/** A document that `extends` a bundled one has each part of it that it does not replace. */
function withBase(document: unknown, source: string): unknown {
  if (typeof document !== 'object' || document === null || !('extends' in document)) return document;
  const { extends: base, ...own } = document;
  if (typeof base === 'string' && isBundled(base)) return { ...bundledWorkloads[base], ...own };
  throw new WorkloadError([
    `${source}: extends: expected one of ${bundledNames.join(', ')}, received ${JSON.stringify(base)}`,
  ]);
}
