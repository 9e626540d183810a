/** A JSON Schema, as far as this file reads one. */
type Schema = Readonly<Record<string, unknown>>;

/** Examples of the string formats that tools and structured outputs commonly ask for. */
const formats: Readonly<Record<string, string>> = {
  date: '2024-01-31',
  'date-time': '2024-01-31T12:00:00Z',
  time: '12:00:00Z',
  duration: 'PT1H',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/** Recursive schemas end here. */
const maxDepth = 32;

/**
 * The smallest instance of a JSON Schema: required properties only, the first alternative, the least length.
 * Understands local `$ref`, `allOf`, `anyOf`, `oneOf`, `const`, `enum`, lengths, bounds and formats; not `pattern`,
 * `not` and `if`, whose instances may therefore be wrong.
 */
export function minimalInstance(schema: unknown): unknown {
  return instanceOf(schema, schema, 0);
}

function instanceOf(schema: unknown, root: unknown, depth: number): unknown {
  if (!isSchema(schema) || depth > maxDepth) return null;
  const resolved = resolve(schema, root);
  const merged = mergeAll(resolved, root);
  if ('const' in merged) return merged.const;
  if (Array.isArray(merged.enum)) return merged.enum[0];
  const alternative = firstOf(merged.anyOf) ?? firstOf(merged.oneOf);
  if (isSchema(alternative)) return instanceOf(combine(without(merged), alternative), root, depth + 1);
  return instanceOfType(typeOf(merged), merged, root, depth);
}

function instanceOfType(type: string, schema: Schema, root: unknown, depth: number): unknown {
  switch (type) {
    case 'object':
      return objectOf(schema, root, depth);
    case 'array':
      return arrayOf(schema, root, depth);
    case 'integer':
    case 'number':
      return numberOf(schema, type === 'integer');
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return stringOf(schema);
  }
}

function objectOf(schema: Schema, root: unknown, depth: number): Record<string, unknown> {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  return Object.fromEntries(
    required.map((name) => [name, instanceOf(properties[name] ?? {}, root, depth + 1)]),
  );
}

function arrayOf(schema: Schema, root: unknown, depth: number): unknown[] {
  const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
  const length = Math.max(numeric(schema.minItems) ?? 0, 0);
  return Array.from({ length }, (_, index) =>
    instanceOf(prefix[index] ?? schema.items ?? {}, root, depth + 1),
  );
}

function stringOf(schema: Schema): string {
  const format = typeof schema.format === 'string' ? formats[schema.format] : undefined;
  return format ?? 'x'.repeat(numeric(schema.minLength) ?? 0);
}

function numberOf(schema: Schema, integer: boolean): number {
  const step = numeric(schema.multipleOf) ?? (integer ? 1 : undefined);
  const least = numeric(schema.minimum);
  const above = numeric(schema.exclusiveMinimum);
  const most = numeric(schema.maximum) ?? numeric(schema.exclusiveMaximum);
  if (least !== undefined) return step === undefined ? least : Math.ceil(least / step) * step;
  if (above !== undefined) return step === undefined ? above + 0.5 : (Math.floor(above / step) + 1) * step;
  if (most !== undefined && most <= 0)
    return step === undefined ? most - 1 : (Math.ceil(most / step) - 1) * step;
  return 0;
}

function typeOf(schema: Schema): string {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (typeof type === 'string') return type;
  if ('properties' in schema || 'required' in schema) return 'object';
  if ('items' in schema || 'prefixItems' in schema) return 'array';
  return 'string';
}

function resolve(schema: Schema, root: unknown): Schema {
  let current = schema;
  for (let hops = 0; typeof current.$ref === 'string' && hops < maxDepth; hops++) {
    const target = lookUp(current.$ref, root);
    if (!isSchema(target)) return {};
    current = target;
  }
  return current;
}

/** Follows a JSON pointer of this document, such as `#/$defs/item`. */
function lookUp(reference: string, root: unknown): unknown {
  const path = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  return path.reduce<unknown>((node, part) => {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    return isSchema(node) ? node[key] : undefined;
  }, root);
}

function mergeAll(schema: Schema, root: unknown): Schema {
  if (!Array.isArray(schema.allOf)) return schema;
  const parts = schema.allOf.filter(isSchema).map((part) => mergeAll(resolve(part, root), root));
  return parts.reduce<Schema>(combine, { ...schema, allOf: undefined });
}

function combine(left: Schema, right: Schema): Schema {
  const properties = { ...schemaOr(left.properties), ...schemaOr(right.properties) };
  const required = [...listOr(left.required), ...listOr(right.required)];
  return {
    ...left,
    ...right,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  };
}

function without(schema: Schema): Schema {
  const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = schema;
  return rest;
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function schemaOr(value: unknown): Schema {
  return isSchema(value) ? value : {};
}

function listOr(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function numeric(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
