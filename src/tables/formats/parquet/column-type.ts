import type { LogicalType, SchemaElement, SchemaTree } from 'hyparquet';
import type { JsonObject } from '../../../protocol/messages.ts';
import type { StoredType } from '../../cell.ts';

/** The fields of a schema element that define how a column's values are stored. */
export type StoredElement = Pick<
  SchemaElement,
  'type' | 'type_length' | 'converted_type' | 'logical_type' | 'scale' | 'precision'
>;

/**
 * The stored type of a file's column: a type that can be written unchanged, or the nearest type that holds its cells.
 */
export function columnTypeOf({ element, children }: SchemaTree): StoredType {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (children.length > 0 || element.repetition_type === 'REPEATED') return 'json';
  if (converted === 'JSON' || logical?.type === 'JSON') return 'json';
  if (logical?.type === 'GEOMETRY' || logical?.type === 'GEOGRAPHY') return 'json';
  if (type === 'INT96') {
    return stored({ type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } });
  }
  const isDecimal = isDecimalElement(element);
  if (type === 'BYTE_ARRAY' && !isDecimal) return 'string';
  const isNamed = logical?.type === 'UUID' || logical?.type === 'FLOAT16' || isDecimal;
  if (type === 'FIXED_LEN_BYTE_ARRAY' && !isNamed) return 'string';
  const { type_length, scale, precision } = element;
  return stored({
    ...(type !== undefined && { type }),
    ...(type_length !== undefined && { type_length }),
    ...(converted !== undefined && { converted_type: converted }),
    ...(logical !== undefined && { logical_type: logical }),
    ...(scale !== undefined && { scale }),
    ...(precision !== undefined && { precision }),
    ...(isDecimal && { converted_type: 'DECIMAL', ...decimalOf(element) }),
  });
}

function stored(element: StoredElement): StoredType {
  return { parquet: element as JsonObject };
}

/**
 * The schema element of a column to be written. Every column may hold nulls, because failed rows have no other values.
 */
export function elementOf(name: string, type: StoredType): SchemaElement {
  const repetition_type = 'OPTIONAL';
  if (typeof type === 'object') return { ...(type.parquet as StoredElement), name, repetition_type };
  switch (type) {
    case 'string':
      return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type };
    case 'json':
      return { name, type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' }, repetition_type };
    case 'integer':
      return { name, type: 'INT64', repetition_type };
    case 'number':
      return { name, type: 'DOUBLE', repetition_type };
    case 'boolean':
      return { name, type: 'BOOLEAN', repetition_type };
  }
}

export function isDecimalElement({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';
}

export function decimalOf({ logical_type, scale, precision }: SchemaElement): { scale: number; precision: number } {
  if (logical_type?.type === 'DECIMAL') return { scale: logical_type.scale, precision: logical_type.precision };
  return { scale: scale ?? 0, precision: precision ?? 0 };
}

type Unit = Extract<LogicalType, { type: 'TIME' }>['unit'];

/** How times of day are stored, if the column holds them: `digits` is the number of digits after the second. */
export function timeOf(element: StoredElement): { unit: Unit; digits: number } | undefined {
  const { converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'TIME') return withDigits(logical.unit);
  if (converted === 'TIME_MILLIS') return withDigits('MILLIS');
  return converted === 'TIME_MICROS' ? withDigits('MICROS') : undefined;
}

/** The same for timestamps; a local timestamp has no time zone. */
export function timestampOf(element: StoredElement): { unit: Unit; digits: number; isLocal: boolean } | undefined {
  const { converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'TIMESTAMP') return { ...withDigits(logical.unit), isLocal: !logical.isAdjustedToUTC };
  if (converted === 'TIMESTAMP_MILLIS') return { ...withDigits('MILLIS'), isLocal: false };
  return converted === 'TIMESTAMP_MICROS' ? { ...withDigits('MICROS'), isLocal: false } : undefined;
}

function withDigits(unit: Unit): { unit: Unit; digits: number } {
  return { unit, digits: unit === 'MILLIS' ? 3 : unit === 'MICROS' ? 6 : 9 };
}
