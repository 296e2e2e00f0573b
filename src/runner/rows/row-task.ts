import type { AgentDefinition } from '../../agent/definition.ts';
import type { Json, ToolSpec } from '../../protocol/messages.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { InputMapping, OutputMapping } from '../contract/request/mapping.ts';
import { planOf } from '../output/results.ts';

/** The common part of all tasks of a batch. Plain data. */
export interface BatchSnapshot {
  batchId: string;
  /** The definition and the resolved tool list that the batch was started with. */
  agent: AgentDefinition;
  toolSpecs: ToolSpec[] | null;
  columns: string[];
  inputMapping: InputMapping;
  outputMapping: OutputMapping;
  /** The table whose folder holds the media that cells name. */
  tableUri: string;
  /** Numbers in cells are written with a decimal comma. */
  decimalComma: boolean;
}

/** One attempt at a row, to be run. Plain data, so that it can run in another process. */
export interface RowTask {
  /** The run's id in the journal. */
  run: string;
  row: number;
  line: number;
  /** The source's key of the row, if the source has keys. */
  key: string | null;
  attempt: number;
  cells: Json[];
  /** The attempt was claimed before: the journal may hold answers. */
  replays: boolean;
}

export function snapshotOf(batch: BatchRecord): BatchSnapshot {
  const { agent, toolSpecs, inputMapping, request } = planOf(batch);
  const outputMapping = request.output_mapping ?? {};
  const decimalComma = request.reading?.decimal_comma ?? false;
  const columns = batch.columns ?? [];
  const tableUri = request.csv_uri;
  return { batchId: batch.id, agent, toolSpecs, columns, tableUri, inputMapping, outputMapping, decimalComma };
}

/** The task of a claimed row's current attempt. */
export function taskOf(batchId: string, { row, line, key, attempt, claims, cells }: RowRecord): RowTask {
  return { run: `${batchId}/${row}/${attempt}`, row, line, key, attempt, cells, replays: claims > 1 };
}
