import { AppError } from '../../base/errors.ts';
import { ownValue } from '../../base/json/own-value.ts';
import { wellFormed } from '../../base/json/well-formed.ts';
import { nearest } from '../../base/nearest.ts';
import { compileExpression, isExpression } from '../../expressions/expressions.ts';
import type { Json, JsonObject, JsonSchema } from '../../protocol/messages.ts';
import type { Cell } from '../../tables/cell.ts';
import type { Problem } from '../contract/problem.ts';
import {
  type MetadataColumn,
  type OutputMapping,
  STATUS_COLUMNS,
  type StatusColumn,
} from '../contract/request/mapping.ts';
import { inputFields, rowObject } from './mapping.ts';

/**
 * The stored output of a row: the structured content, and the values of the further columns by their names. `read_as`
 * says how the answer was read, where it was not given as asked.
 */
export interface RowOutput extends JsonObject {
  structured: JsonObject;
  columns: JsonObject;
}

/** How output becomes columns. `fields` and `columns` pair each source name with its header. */
export interface OutputLayout {
  fields: { field: string; header: string }[];
  columns: { name: string; header: string }[];
  metadata: { name: MetadataColumn; header: string }[];
  status: { name: StatusColumn; header: string }[];
  /** Every header after the source's own, in order. */
  headers: string[];
  warnings: string[];
}

/** The fields that become columns: the requested ones, else all that the schema declares. */
export function outputFields(schema: JsonSchema | undefined, mapping: OutputMapping): string[] {
  return mapping.structured_output_fields ?? Object.keys(inputFields(schema));
}

/** Every reason why an output mapping does not fit an agent; empty when it does. */
export function checkOutputMapping(mapping: OutputMapping, schema: JsonSchema | undefined): Problem[] {
  const declared = Object.keys(inputFields(schema));
  const problems: Problem[] = [];
  const asked = mapping.structured_output_fields ?? [];
  for (const field of asked) {
    if (declared.includes(field)) continue;
    const near = nearest(field, declared);
    const hint = near === undefined ? `its fields are ${declared.join(', ')}` : `did you mean "${near}"?`;
    problems.push({ code: 'field_unknown', message: `The agent has no output field "${field}"; ${hint}.` });
  }
  if (new Set(asked).size < asked.length) {
    problems.push({ code: 'mapping_invalid', message: 'structured_output_fields names a field twice.' });
  }
  problems.push(...renameProblems(mapping, schema));
  for (const [name, how] of Object.entries(mapping.columns ?? {})) {
    if (!isExpression(how)) {
      const message = `The output column "${name}" needs an expression "{% … %}" over {row, output}, not "${how}".`;
      problems.push({ code: 'expression_invalid', message });
      continue;
    }
    try {
      compileExpression(how, `the output column "${name}"`);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push({ code: error.code, message: error.message });
    }
  }
  return problems;
}

function renameProblems(mapping: OutputMapping, schema: JsonSchema | undefined): Problem[] {
  const { columns = {}, metadata = [], rename = {} } = mapping;
  const added: string[] = [...outputFields(schema, mapping), ...Object.keys(columns), ...metadata, ...STATUS_COLUMNS];
  return Object.entries(rename).flatMap(([name, header]): Problem[] => {
    if (!added.includes(name)) {
      const near = nearest(name, added);
      const hint = near === undefined ? `the added columns are ${added.join(', ')}` : `did you mean "${near}"?`;
      return [{ code: 'field_unknown', message: `rename names "${name}", which is not an added column; ${hint}.` }];
    }
    return header === ''
      ? [{ code: 'mapping_invalid', message: `The column "${name}" can't be renamed to an empty name.` }]
      : [];
  });
}

/** Lays out the output columns. A name that is already used gets the suffix `_result`, with a warning. */
export function layoutOutput(source: string[], schema: JsonSchema | undefined, mapping: OutputMapping): OutputLayout {
  const taken = new Set(source);
  const warnings: string[] = [];
  const { rename = {} } = mapping;
  const isKept = (name: string) => ownValue(rename, name) !== null;
  const header = (given: string): string => {
    const name = ownValue(rename, given) ?? given;
    let free = name;
    for (let number = 1; taken.has(free); number += 1)
      free = number === 1 ? `${name}_result` : `${name}_result_${number}`;
    taken.add(free);
    if (free !== name) warnings.push(`The table already has a column "${name}"; the new one is named "${free}".`);
    return free;
  };
  const fields = outputFields(schema, mapping)
    .filter(isKept)
    .map((field) => ({ field, header: header(field) }));
  const columns = Object.keys(mapping.columns ?? {})
    .filter(isKept)
    .map((name) => ({ name, header: header(name) }));
  const wanted = mapping.metadata ?? [];
  const metadata = wanted.filter(isKept).map((name) => ({ name, header: header(name) }));
  const status = STATUS_COLUMNS.filter((name) => isKept(name) && !wanted.includes(name)).map((name) => ({
    name,
    header: header(name),
  }));
  return {
    fields,
    columns,
    metadata,
    status,
    headers: [...fields, ...columns, ...metadata, ...status].map((column) => column.header),
    warnings,
  };
}

/** TransformOutput of one row: evaluates the further columns. Rejects with `expression_failed`, which fails the row. */
export function compileOutput(
  mapping: OutputMapping,
  columns: string[],
): (cells: Cell[], structured: JsonObject) => Promise<RowOutput> {
  const expressions = Object.entries(mapping.columns ?? {}).map(([name, how]) => ({
    name,
    expression: compileExpression(how, `the output column "${name}"`),
  }));
  return async (cells, structured) => {
    const values: JsonObject = {};
    if (expressions.length > 0) {
      const input = { row: rowObject(columns, cells), output: structured };
      for (const { name, expression } of expressions)
        values[name] = wellFormed(((await expression.evaluate(input)) ?? null) as Json);
    }
    return { structured: wellFormed(structured), columns: values };
  };
}
