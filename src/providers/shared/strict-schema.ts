import type { JsonSchema } from '../../protocol/messages.ts';

/** A schema as a strict tool accepts it, or why not. `optional` and `unions` count against the request's limits. */
export type LoweredSchema =
  | { strict: true; schema: JsonSchema; optional: number; unions: number }
  | { strict: false; why: string };

/** Formats that strict mode knows (the SDK's own `transformJSONSchema`); others move into the description. */
const FORMATS = new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '));
const TYPES = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
/** Keywords that narrow a value. Strict mode refuses them: they move into the description; the answer is checked. */
const NARROWING = [
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'pattern'],
  ...['maxItems', 'uniqueItems', 'contains', 'minContains', 'maxContains', 'minProperties', 'maxProperties'],
  ...['propertyNames', 'dependentRequired', 'not', 'contentEncoding', 'contentMediaType', 'default', 'examples'],
];
/** Keywords that may require more than a closed object or a plain list can hold. */
const BEYOND = ['patternProperties', 'prefixItems', 'dependentSchemas', 'if', '$dynamicRef', 'unevaluatedItems'];
/** Inlined references may multiply; a schema beyond this many parts is not worth compiling. */
const MOST_PARTS = 1000;

/** Ends the lowering; never leaves this file. */
class NotLowered extends Error {}

interface Lowering {
  root: JsonSchema;
  /** References being inlined, to detect recursion. */
  open: string[];
  parts: number;
  optional: number;
  unions: number;
}

/**
 * A copy of a tool's input schema that Anthropic's strict mode accepts: objects closed, references inlined, limits of
 * length, size and pattern moved into descriptions. It admits nothing that the schema's own shape excludes, but does
 * admit values that its limits exclude, so answers must still be checked against the schema itself. A schema that can't
 * be lowered without losing answers (maps, open objects, tuples, recursion) returns the reason.
 * Source: Anthropic's structured outputs, JSON Schema limitations; SDK 1.12 `lib/transform-json-schema`.
 */
export function lowerSchema(schema: JsonSchema): LoweredSchema {
  const lowering: Lowering = { root: schema, open: [], parts: 0, optional: 0, unions: 0 };
  try {
    if (typeOf(schema) !== 'object') throw new NotLowered('its root is not an object');
    const { $schema: _dialect, $id: _id, $defs: _defs, definitions: _definitions, ...root } = schema;
    const lowered = lower(root, '', lowering);
    return { strict: true, schema: lowered, optional: lowering.optional, unions: lowering.unions };
  } catch (thrown) {
    if (thrown instanceof NotLowered) return { strict: false, why: thrown.message };
    throw thrown;
  }
}

function lower(schema: unknown, path: string, lowering: Lowering): JsonSchema {
  lowering.parts += 1;
  if (lowering.parts > MOST_PARTS) throw new NotLowered(`it has more than ${MOST_PARTS} parts`);
  if (!isObject(schema)) throw new NotLowered(`${at(path)} takes any value`);
  if (typeof schema['$ref'] === 'string') return inline(schema, path, lowering);
  const beyond = BEYOND.find((keyword) => keyword in schema);
  if (beyond !== undefined) throw new NotLowered(`${at(path)} uses ${beyond}`);
  if (Array.isArray(schema['allOf'])) return lower(withOnlyPart(schema, schema['allOf'], path), path, lowering);
  const words = narrowingOf(schema);
  const lowered = shapeOf(schema, { path, lowering, words });
  const described = [schema['description'], words.length === 0 ? undefined : `(${words.join(', ')})`];
  const description = described.filter((part) => typeof part === 'string' && part !== '').join(' ');
  return {
    ...lowered,
    ...(typeof schema['title'] === 'string' ? { title: schema['title'] } : {}),
    ...(description === '' ? {} : { description }),
  };
}

interface Part {
  path: string;
  lowering: Lowering;
  /** Added to the schema's own description. */
  words: string[];
}

function shapeOf(schema: JsonSchema, part: Part): JsonSchema {
  const { path, lowering, words } = part;
  const type = typeOf(schema);
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  if (Array.isArray(values)) {
    if (values.length === 0 || values.some(isObjectOrList))
      throw new NotLowered(`${at(path)} lists values that are not plain`);
    return 'const' in schema ? { const: values[0] } : { enum: values };
  }
  const branches = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(branches)) {
    // Next to `properties`, branches with only `required` narrow the object; they are not shapes of their own.
    if (!('properties' in schema)) return { anyOf: branchesOf(schema, branches, part) };
    if (!branches.every(isOnlyRequired)) throw new NotLowered(`${at(path)} has properties and alternatives at once`);
    words.push(`any of: ${JSON.stringify(branches)}`);
  }
  if (Array.isArray(type)) return typesOf(schema, type, part);
  switch (type) {
    case 'object':
      return objectOf(schema, path, lowering);
    case 'array':
      return arrayOf(schema, part);
    case 'string':
      return stringOf(schema, words);
    case undefined:
      throw new NotLowered(`${at(path)} takes any value`);
    default:
      if (!TYPES.has(type)) throw new NotLowered(`${at(path)} has the unknown type ${type}`);
      return { type };
  }
}

/** A closed object. One without properties is a map or accepts anything: closed, it could only be empty. */
function objectOf(schema: JsonSchema, path: string, lowering: Lowering): JsonSchema {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const names = Object.keys(properties);
  const required = Array.isArray(schema['required'])
    ? schema['required'].filter((name) => typeof name === 'string')
    : [];
  const rest = schema['additionalProperties'] ?? schema['unevaluatedProperties'];
  if (rest !== undefined && rest !== false) throw new NotLowered(`${at(path)} takes additional properties`);
  if (names.length === 0 && rest !== false) throw new NotLowered(`${at(path)} is an object of any shape`);
  const unlisted = required.find((name) => !names.includes(name));
  if (unlisted !== undefined)
    throw new NotLowered(`${at(path)} requires "${unlisted}", which is not among its properties`);
  lowering.optional += names.filter((name) => !required.includes(name)).length;
  const lowered = names.map((name) => [
    name,
    lower(properties[name], path === '' ? name : `${path}.${name}`, lowering),
  ]);
  return { type: 'object', properties: Object.fromEntries(lowered), required, additionalProperties: false };
}

function arrayOf(schema: JsonSchema, { path, lowering, words }: Part): JsonSchema {
  const least = schema['minItems'];
  if (typeof least === 'number' && least > 1) words.push(`minItems: ${least}`);
  const items = lower(schema['items'], `${path}[]`, lowering);
  return { type: 'array', items, ...(least === 0 || least === 1 ? { minItems: least } : {}) };
}

function stringOf(schema: JsonSchema, words: string[]): JsonSchema {
  const format = schema['format'];
  if (typeof format !== 'string') return { type: 'string' };
  if (FORMATS.has(format)) return { type: 'string', format };
  words.push(`format: ${format}`);
  return { type: 'string' };
}

function branchesOf(schema: JsonSchema, branches: unknown[], { path, lowering }: Part): JsonSchema[] {
  lowering.unions += 1;
  // A type next to the branches applies to each of them.
  const type = schema['type'] === undefined ? {} : { type: schema['type'] };
  return branches.map((branch) => lower(isObject(branch) ? { ...type, ...branch } : branch, path, lowering));
}

function typesOf(schema: JsonSchema, types: string[], part: Part): JsonSchema {
  part.lowering.unions += 1;
  const unknown = types.find((type) => !TYPES.has(type));
  if (unknown !== undefined || types.length === 0) throw new NotLowered(`${at(part.path)} has an unknown type`);
  return { anyOf: types.map((type) => shapeOf({ ...schema, type }, part)) };
}

function inline(schema: JsonSchema, path: string, lowering: Lowering): JsonSchema {
  const { $ref, ...siblings } = schema;
  const pointer = String($ref);
  if (lowering.open.includes(pointer)) throw new NotLowered(`${at(path)} is recursive`);
  if (pointer !== '#' && !pointer.startsWith('#/')) throw new NotLowered(`${at(path)} refers to ${pointer}`);
  if (pointer === '#') throw new NotLowered(`${at(path)} is recursive`);
  const keys = pointer
    .slice(2)
    .split('/')
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
  let target: unknown = lowering.root;
  for (const key of keys) target = isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
  if (!isObject(target)) throw new NotLowered(`${at(path)} refers to ${pointer}, which is not there`);
  lowering.open.push(pointer);
  const lowered = lower({ ...target, ...siblings }, path, lowering);
  lowering.open.pop();
  return lowered;
}

/** `allOf` of one part is that part (as generators write a described reference); several can't all be closed objects. */
function withOnlyPart(schema: JsonSchema, parts: unknown[], path: string): JsonSchema {
  const { allOf: _allOf, ...rest } = schema;
  const [only] = parts;
  if (parts.length !== 1 || !isObject(only) || 'properties' in rest) throw new NotLowered(`${at(path)} uses allOf`);
  return { ...only, ...rest };
}

function narrowingOf(schema: JsonSchema): string[] {
  return NARROWING.flatMap((keyword) => (keyword in schema ? [`${keyword}: ${JSON.stringify(schema[keyword])}`] : []));
}

function typeOf(schema: JsonSchema): string | string[] | undefined {
  const { type } = schema;
  if (typeof type === 'string' || Array.isArray(type)) return type;
  if ('properties' in schema) return 'object';
  return 'items' in schema ? 'array' : undefined;
}

function isOnlyRequired(branch: unknown): boolean {
  return isObject(branch) && Object.keys(branch).every((keyword) => keyword === 'required');
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObjectOrList(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function at(path: string): string {
  return path === '' ? 'its root' : `"${path}"`;
}
