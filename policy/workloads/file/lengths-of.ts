import { familyOf } from '../families.ts';
import type { TaskProfile } from '../generate.ts';
import {
  empiricalTokens,
  independent,
  type LengthLaw,
  lognormalTokens,
  observedTogether,
  uniformTokens,
} from '../lengths.ts';
import { readLengthHistograms } from '../recorded/length-histograms.ts';
import { readTrace } from '../trace.ts';
import type { LawDocument, LengthsDocument } from './document.ts';
import type { Places } from './places.ts';

/** The lengths of each task. */
export type LengthsByTask = (task: string) => TaskProfile['lengths'];

/**
 * Reads a lengths part of a workload file.
 * @param field where the part stands, for messages
 * @throws WorkloadError, CsvError for a file that is missing or faulty
 */
export function lengthsOf(lengths: LengthsDocument, places: Places, field: string): LengthsByTask {
  if (lengths.kind === 'task') return (task) => familyOf(task)[task]!.lengths;
  const forAll = sharedLengths(lengths, places, field);
  return () => forAll;
}

function sharedLengths(
  lengths: Exclude<LengthsDocument, { kind: 'task' }>,
  places: Places,
  field: string,
): TaskProfile['lengths'] {
  switch (lengths.kind) {
    case 'recorded':
      return 'recorded';
    case 'independent':
      return independent(lawOf(lengths.promptTokens), lawOf(lengths.outputTokens));
    case 'trace':
      return observedTogether(readTrace(places.find(lengths.file, `${field}.file`)));
    case 'histograms':
      return readLengthHistograms(places.find(lengths.file, `${field}.file`));
  }
}

function lawOf(law: LawDocument): LengthLaw {
  switch (law.kind) {
    case 'constant':
      return () => law.tokens;
    case 'uniform':
      return uniformTokens(law.from, law.to);
    case 'lognormal':
      return lognormalTokens(law);
    case 'observed':
      return empiricalTokens(law.tokens);
  }
}
