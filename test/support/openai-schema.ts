import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** OpenAI's published schema, not part of this repository. */
export const schemaPath = fileURLToPath(new URL('../../../shared/data/openai/openapi.json', import.meta.url));

export const schemaIsPresent = existsSync(schemaPath);

/** A component of the schema that answers are held to. */
export type Component =
  | 'CreateChatCompletionResponse'
  | 'CreateChatCompletionStreamResponse'
  | 'ErrorResponse'
  | 'ListModelsResponse'
  | 'Model';

/** What of a value contradicts a component, one line each. */
export type Validate = (component: Component, value: unknown) => readonly string[];

/** Compiles each component when it is first asked for. */
export function openAiSchema(): Validate {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(withNull(JSON.parse(readFileSync(schemaPath, 'utf8'))) as object, 'openai');
  return (component, value) => {
    const validate = ajv.getSchema(`openai#/components/schemas/${component}`);
    if (validate === undefined) throw new Error(`the schema has no ${component}`);
    validate(value);
    return (validate.errors ?? []).map(describe);
  };
}

function describe({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
}

/** The schema with `nullable: true`, a leftover of OpenAPI 3.0, in the words of JSON Schema. */
function withNull(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withNull);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...schema }: Record<string, unknown> = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, withNull(value)]),
  );
  if (nullable !== true) return schema;
  if (schema.type === undefined) return { anyOf: [schema, { type: 'null' }] };
  if (Array.isArray(schema.enum)) schema.enum = [...schema.enum, null];
  return { ...schema, type: [schema.type, 'null'].flat() };
}
