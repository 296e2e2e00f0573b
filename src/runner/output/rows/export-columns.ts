import { isoTime } from '../../../base/clock.ts';
import { AppError } from '../../../base/errors.ts';
import { nearest } from '../../../base/nearest.ts';
import type { BatchRecord } from '../../../storage/batches.ts';
import type { RowRecord } from '../../../storage/rows.ts';
import type { Cell, StoredType } from '../../../tables/cell.ts';
import { EXPORT_COLUMNS, type ExportColumn } from '../../contract/request/export.ts';
import { METADATA_COLUMNS, type MetadataColumn } from '../../contract/request/mapping.ts';
import { METADATA_TYPES, outputTypes } from '../output-types.ts';
import { layoutOf, metadataCell, outputHeader, outputRowOf, planOf } from '../results.ts';

/** The columns of an export, and the cells of a row. */
export interface ExportedColumns {
  names: string[];
  types: StoredType[];
  /** Whether a cell needs the input of its row. */
  needsInput: boolean;
  cellsOf(row: RowRecord): Cell[];
}

interface Column {
  name: string;
  type: StoredType;
  cell: (row: RowRecord, table: readonly Cell[]) => Cell;
}

/**
 * Chooses columns of a batch's output table and of its metadata, in the order in which they are named.
 * @throws AppError `column_unknown`, with the nearest name
 */
export function exportColumns(
  batch: BatchRecord,
  { columns, metadata }: { columns?: readonly string[] | undefined; metadata: readonly string[] },
): ExportedColumns {
  const toTable = outputRowOf(batch);
  const types = outputTypes(planOf(batch), batch.columns ?? [], layoutOf(batch));
  const table = outputHeader(batch).map(
    (name, index): Column => ({
      name,
      type: types[index] ?? 'string',
      cell: (_, cells) => cells[index] ?? null,
    }),
  );
  const known = new Map([...metadataColumns(batch), ...table].map((column) => [column.name, column]));
  const find = (name: string): Column => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const near = nearest(name, [...known.keys()]);
    const hint = near === undefined ? `The columns are ${[...known.keys()].join(', ')}.` : `Did you mean "${near}"?`;
    throw new AppError('column_unknown', `The export has no column "${name}". ${hint}`);
  };
  const named = columns === undefined ? table : [...new Set(columns)].map(find);
  const isWhole = columns === undefined && metadata.length === 0;
  const chosen = [...named, ...metadata.map(find).filter((column) => !named.includes(column))];
  return {
    names: chosen.map(({ name }) => name),
    types: chosen.map(({ type }) => type),
    needsInput:
      chosen.some(({ name }) => name === '_truncated_fields') ||
      layoutOf(batch).metadata.some(({ name }) => name === '_truncated_fields'),
    cellsOf: isWhole
      ? toTable
      : (row) => {
          const cells = toTable(row);
          return chosen.map(({ cell }) => cell(row, cells));
        },
  };
}

function metadataColumns(batch: BatchRecord): Column[] {
  const { agent } = planOf(batch);
  const own: { [name in ExportColumn]: Omit<Column, 'name'> } = {
    _row: { type: 'integer', cell: ({ row }) => row },
    _line: { type: 'integer', cell: ({ line }) => line },
    _attempt: { type: 'integer', cell: ({ attempt }) => attempt },
    _trace_id: {
      type: 'string',
      cell: ({ row, attempt }) => (attempt === 0 ? null : `${batch.id}/${row}/${attempt}`),
    },
    _started_at: { type: 'string', cell: ({ startedAt }) => isoTime(startedAt) },
    _ended_at: { type: 'string', cell: ({ endedAt }) => isoTime(endedAt) },
  };
  return [
    ...EXPORT_COLUMNS.map((name) => ({ name, ...own[name] })),
    ...METADATA_COLUMNS.map((name: MetadataColumn) => ({
      name,
      type: METADATA_TYPES[name],
      cell: (row: RowRecord) => metadataCell(row, name, agent),
    })),
  ];
}
