import { AppError } from '../../base/errors.ts';
import { ownValue } from '../../base/json/own-value.ts';
import { wellFormed } from '../../base/json/well-formed.ts';
import { mostAlike, nearest } from '../../base/nearest.ts';
import { compileSchema, type Validator } from '../../base/schema/schema.ts';
import { compileExpression, isExpression } from '../../expressions/expressions.ts';
import type { Json, JsonObject, JsonSchema } from '../../protocol/messages.ts';
import type { Cell } from '../../tables/cell.ts';
import type { Problem } from '../contract/problem.ts';
import type { InputMapping } from '../contract/request/mapping.ts';
import { coerce } from './coerce.ts';

/** TransformInput of one row. Rejects with `input_invalid` or `expression_failed`; both fail the row. */
export type TransformInput = (cells: Cell[]) => Promise<JsonObject>;

type FieldSource = (row: JsonObject, cells: Cell[]) => Json | undefined | Promise<Json | undefined>;

/** The properties that an agent's input schema declares. */
export function inputFields(schema: JsonSchema | undefined): { [field: string]: JsonSchema } {
  const properties = schema?.['properties'];
  return typeof properties === 'object' && properties !== null ? (properties as { [field: string]: JsonSchema }) : {};
}

export function requiredFields(schema: JsonSchema | undefined): string[] {
  const required = schema?.['required'];
  return Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : [];
}

/**
 * The default mapping: each input field comes from the column of the same name, else from the only column whose name
 * differs only in case and punctuation. An agent that declares no input gets every column.
 */
export function proposeMapping(schema: JsonSchema | undefined, columns: string[]): InputMapping {
  const fields = Object.keys(inputFields(schema));
  if (fields.length === 0) return Object.fromEntries(columns.map((column) => [column, { column }]));
  const mapping: InputMapping = {};
  for (const field of fields) {
    const exact = columns.find((column) => column === field);
    const alike = columns.filter((column) => plain(column) === plain(field));
    const column = exact ?? (alike.length === 1 ? alike[0] : undefined);
    if (column !== undefined) mapping[field] = isExpression(column) ? { column } : column;
  }
  return mapping;
}

/**
 * The mapping that `{}` stands for: every column goes into the field of its name. Columns without a field are left out,
 * unless the agent accepts further fields; fields are also found as {@link proposeMapping} finds them.
 */
export function identityMapping(schema: JsonSchema | undefined, columns: string[]): InputMapping {
  const further = schema?.['additionalProperties'] === true ? columns : [];
  return { ...proposeMapping(schema, columns), ...Object.fromEntries(further.map((column) => [column, { column }])) };
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Every reason why a mapping does not fit a table and an agent; empty when it does. */
export function checkMapping(mapping: InputMapping, schema: JsonSchema | undefined, columns: string[]): Problem[] {
  const problems: Problem[] = [];
  const fields = inputFields(schema);
  const declared = Object.keys(fields);
  for (const [field, how] of Object.entries(mapping)) {
    if (declared.length > 0 && !Object.hasOwn(fields, field) && schema?.['additionalProperties'] !== true) {
      problems.push({
        code: 'field_unknown',
        message: `The agent has no input field "${field}"${meant(field, declared)}`,
      });
    }
    problems.push(...checkSource(field, how, columns));
  }
  for (const field of requiredFields(schema)) {
    if (Object.hasOwn(mapping, field)) continue;
    problems.push({ code: 'mapping_invalid', message: notMapped(field, columns) });
  }
  return problems;
}

/** Names the columns that are most alike as the mapping to give. */
function notMapped(field: string, columns: string[]): string {
  const text = `The agent's required input field "${field}" is not mapped`;
  const [best, ...others] = mostAlike(field, columns).slice(0, 3);
  if (best === undefined) return `${text}, and the table has no columns.`;
  const or = others.length === 0 ? '' : `, or another column, such as ${listed(others)}`;
  const name = /^[\w-]+$/.test(field) ? field : JSON.stringify(field);
  return `${text}; give input_mapping.${name} = ${JSON.stringify(best)}${or}. The columns are ${listed(columns)}.`;
}

function checkSource(field: string, how: InputMapping[string], columns: string[]): Problem[] {
  if (typeof how === 'object' && 'value' in how) return [];
  if (typeof how === 'string' && isExpression(how)) {
    try {
      compileExpression(how, `the mapping of "${field}"`);
      return [];
    } catch (error) {
      if (error instanceof AppError) return [{ code: error.code, message: error.message }];
      throw error;
    }
  }
  if (typeof how === 'object' && 'columns' in how) {
    return Object.values(how.columns).flatMap((column) => checkSource(field, { column }, columns));
  }
  const column = typeof how === 'string' ? how : how.column;
  if (columns.includes(column)) return [];
  const message = `The mapping of "${field}" names the column "${column}", which the table does not have${meant(column, columns)}`;
  return [{ code: 'column_unknown', message: `${message} Its columns are ${listed(columns)}.` }];
}

function meant(name: string, candidates: string[]): string {
  const candidate = nearest(name, candidates);
  return candidate === undefined ? '.' : `; did you mean "${candidate}"?`;
}

function listed(names: string[]): string {
  const shown = names.slice(0, 30).map((name) => `"${name}"`);
  return names.length > 30 ? `${shown.join(', ')} and ${names.length - 30} more` : shown.join(', ');
}

/**
 * Compiles a checked mapping once for a batch. Empty cells of optional fields are left out; values are coerced to the
 * types of the input schema, and the whole input is validated against it.
 * @param options.decimalComma whether numbers in cells are written with a decimal comma; those in expressions are not
 */
export function compileMapping(
  mapping: InputMapping,
  schema: JsonSchema | undefined,
  columns: string[],
  { decimalComma = false }: { decimalComma?: boolean } = {},
): TransformInput {
  const fields = inputFields(schema);
  const required = new Set(requiredFields(schema));
  const validate: Validator =
    schema === undefined ? () => ({ valid: true }) : compileSchema(schema, "the agent's input schema");
  const sources = Object.entries(mapping).map(([field, how]) => ({
    field,
    read: compileSource(field, how, columns),
    numbers: { decimalComma: decimalComma && isColumn(how) },
    isRequired: required.has(field),
    type: ownValue(fields, field),
  }));
  const needsRow = Object.values(mapping).some((how) => typeof how === 'string' && isExpression(how));
  return async (cells) => {
    const row = needsRow ? rowObject(columns, cells) : {};
    const input: JsonObject = {};
    for (const { field, read, numbers, isRequired, type } of sources) {
      const given = read(row, cells);
      const value = given instanceof Promise ? await given : given;
      if (value === undefined || ((value === '' || value === null) && !isRequired)) continue;
      const coerced = coerce(value, type, numbers);
      if (!coerced.ok) {
        const message = `The input field "${field}" can't be filled: ${coerced.reason}.`;
        throw new AppError('input_invalid', message, { faults: [{ place: `input.${field}`, message }] });
      }
      input[field] = wellFormed(coerced.value);
    }
    const checked = validate(input);
    if (!checked.valid) {
      const faults = checked.errors.map((text) => ({ place: placeOf(text), message: `${text}.` }));
      throw new AppError('input_invalid', `The row gives no valid input: ${checked.errors.join('; ')}.`, { faults });
    }
    return input;
  };
}

/** The place of a fault of the schema, whose sentence begins with the path of a field in quotes. */
function placeOf(sentence: string): string {
  const field = /^"([^".]+)/.exec(sentence)?.[1];
  return field === undefined ? 'input' : `input.${field}`;
}

/** Whether a field is filled from a column as it is. */
function isColumn(how: InputMapping[string]): boolean {
  return typeof how === 'string' ? !isExpression(how) : 'column' in how;
}

function compileSource(field: string, how: InputMapping[string], columns: string[]): FieldSource {
  if (typeof how === 'object' && 'value' in how) {
    const value = how.value as Json;
    return () => value;
  }
  if (typeof how === 'string' && isExpression(how)) {
    const expression = compileExpression(how, `the mapping of "${field}"`);
    return async (row) => (await expression.evaluate(row)) as Json | undefined;
  }
  if (typeof how === 'object' && 'columns' in how) {
    const parts = Object.entries(how.columns).map(([key, column]) => ({
      path: key.split('.'),
      at: columns.indexOf(column),
    }));
    return (_row, cells) => nestedObject(parts.map(({ path, at }) => ({ path, value: cells[at] ?? null })));
  }
  const index = columns.indexOf(typeof how === 'string' ? how : how.column);
  return (_row, cells) => cells[index] ?? null;
}

/** Values by the path of their keys, as one object. Without prototypes, so that every text can be a key. */
function nestedObject(values: { path: string[]; value: Json }[]): JsonObject {
  const whole = Object.create(null) as JsonObject;
  for (const { path, value } of values) {
    let inner = whole;
    for (const key of path.slice(0, -1)) {
      inner[key] ??= Object.create(null) as JsonObject;
      inner = inner[key] as JsonObject;
    }
    inner[path.at(-1) ?? ''] = value;
  }
  return whole;
}

/** A row as an object by column name, as expressions see it. */
export function rowObject(columns: string[], cells: Cell[]): JsonObject {
  return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null]));
}
