import type { z } from 'zod';
import { describeFault, formatPath } from '../platform/describe.ts';
import { invalid } from './api-error.ts';

/**
 * A body with the fields of a schema.
 * @throws ApiError 400 that names the first field at fault and the received value
 */
export function checkFields<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = formatPath('', issue!.path) || 'body';
  const code = issue!.code === 'invalid_type' ? 'invalid_type' : 'invalid_value';
  throw invalid(path, describeFault(issue!), code);
}
