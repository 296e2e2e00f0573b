import { createHash } from 'node:crypto';
import { type AgentDefinition, agentLabel } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import { canonicalJson } from '../../base/json/canonical-json.ts';
import { nearest } from '../../base/nearest.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { AnswerIndex } from '../../storage/answer-index.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { NewRow, RowRecord } from '../../storage/rows.ts';
import type { Cell } from '../../tables/cell.ts';
import type { InputMapping, OutputMapping } from '../contract/request/mapping.ts';
import type { ReadingOptions } from '../contract/request/reading.ts';
import type { Continuation } from '../contract/request/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { ENDED } from '../lifecycle/batch.ts';
import { mediaFieldsOf, storedInput } from '../media/media-fields.ts';
import { batchNotFound, storedPlanOf } from '../output/results.ts';
import { compileMapping } from '../rows/mapping.ts';
import { compileOutput, type RowOutput } from '../rows/transform-output.ts';

/** How a row of the new table relates to the earlier batch. */
export type Kept = { kept: NonNullable<NewRow['kept']> } | { kept: undefined; why: 'new' | 'changed' };

/** The earlier answers of a continued batch, by what identifies a row. */
export interface EarlierAnswers {
  /**
   * The answer that a row keeps, if the earlier batch has answered the same input.
   * @throws AppError `invalid_arguments` when two rows of the new table have the same key
   */
  of(row: { cells: Cell[]; line: number }): Promise<Kept>;
  /** Idempotent. */
  close(): void;
}

/** What {@link openEarlierAnswers} reads the new table with. */
export interface ContinuedPlan {
  agent: AgentDefinition;
  /** Its columns as far as they are known: those of a JSONL table grow while it is read. */
  columns: () => readonly string[];
  inputMapping: InputMapping;
  outputMapping: OutputMapping;
  /** How the new table is read: decides whether its numbers have a decimal comma. */
  reading?: ReadingOptions | undefined;
}

type Deps = Pick<RunnerDeps, 'store'>;

const PAGE = 1000;
/** Half of a SHA-256: two inputs among billions do not share it. */
const DIGEST_BYTES = 16;

/**
 * Indexes the answers of an earlier batch. Its memory does not grow with the number of rows.
 * @throws AppError `batch_not_found`, `batch_state_invalid` (it is still in progress), `agent_incompatible` (another
 *   agent, or one that has changed), `column_unknown` (the key)
 */
export async function openEarlierAnswers(
  { batch_id: id, key }: Continuation,
  plan: ContinuedPlan,
  { store }: Deps,
): Promise<EarlierAnswers> {
  const earlier = await store.readBatch(id);
  if (earlier === undefined) throw batchNotFound(id);
  checkEarlier(earlier, plan.agent);
  const keyIn = (columns: readonly string[], of: string) =>
    key === undefined ? undefined : columnOf(key, columns, of);
  const earlierKey = keyIn(earlier.columns ?? [], `the table of ${id}`);
  const newKey = keyIn(plan.columns(), 'the table');
  const index = await store.openAnswerIndex();
  try {
    await fill(index, earlier, { key: earlierKey, store });
  } catch (error) {
    index.close();
    throw error;
  }
  const transforms = createTransforms(plan);
  const readEarlier = createRowReader(id, store);
  return {
    async of({ cells, line }) {
      if (newKey !== undefined) checkUnique(index, { cells, line, column: newKey, name: key ?? '' });
      const { toInput, toOutput } = transforms(cells.length);
      // A row whose input can't be made fails when it is run, with its reason.
      const input = await toInput(cells).catch(() => undefined);
      if (input === undefined) return { kept: undefined, why: 'new' };
      const digest = digestOf(input);
      const found = index.find(newKey === undefined ? digest : keyDigest(cells[newKey]));
      if (found === undefined) return { kept: undefined, why: 'new' };
      if (!digest.equals(found.input)) return { kept: undefined, why: 'changed' };
      const { output } = await readEarlier(found.row);
      const { structured } = output as RowOutput;
      const made = await toOutput(cells, structured).catch(() => undefined);
      if (made === undefined) return { kept: undefined, why: 'changed' };
      return { kept: { input, output: made, from: { batchId: id, row: found.row } } };
    },
    close: () => index.close(),
  };
}

/** TransformInput and TransformOutput of the new table, made again when it has more columns. */
function createTransforms({ agent, columns, inputMapping, outputMapping, reading }: ContinuedPlan) {
  const numbers = { decimalComma: reading?.decimal_comma ?? false };
  const media = mediaFieldsOf(agent.input);
  const make = (known: string[]) => {
    const transform = compileMapping(inputMapping, agent.input, known, numbers);
    return {
      width: known.length,
      toInput: async (cells: Cell[]) => storedInput(await transform(cells), media),
      toOutput: compileOutput(outputMapping, known),
    };
  };
  let made = make([...columns()]);
  // A row has as many cells as there were columns when it was read.
  return (width: number) => {
    if (width > made.width) made = make([...columns()]);
    return made;
  };
}

/** The properties of an agent on which its answers depend. Batches of older versions stored no `auto`. */
function essence({ model, instructions, prompt, input, tools, structured_output: output }: AgentDefinition): string {
  const structured_output = { ...output, mode: output.mode ?? 'auto' };
  return canonicalJson({ model, instructions, prompt, input, tools, structured_output });
}

function checkEarlier(earlier: BatchRecord, agent: AgentDefinition): void {
  if (!ENDED.includes(earlier.status) && earlier.status !== 'paused') {
    const text = `${earlier.id} is still ${earlier.status}: wait for its end, or pause it, before another batch continues it.`;
    throw new AppError('batch_state_invalid', text);
  }
  const before = storedPlanOf(earlier).agent;
  if (essence(before) === essence(agent)) return;
  const what =
    before.name === agent.name
      ? `${agentLabel(agent)} has changed since ${earlier.id}`
      : `${earlier.id} ran ${agentLabel(before)}, not ${agentLabel(agent)}`;
  const text = `${what}: its answers would not fit to new ones. Run the whole table, or use the same agent.`;
  throw new AppError('agent_incompatible', text);
}

function columnOf(name: string, columns: readonly string[], of: string): number {
  const at = columns.indexOf(name);
  if (at >= 0) return at;
  const near = nearest(name, columns);
  const hint = near === undefined ? `; its columns are ${columns.join(', ')}.` : `; did you mean "${near}"?`;
  throw new AppError('column_unknown', `The key names the column "${name}", which ${of} does not have${hint}`);
}

async function fill(
  index: AnswerIndex,
  earlier: BatchRecord,
  { key, store }: { key: number | undefined; store: Deps['store'] },
): Promise<void> {
  let fromRow = 0;
  for (;;) {
    const rows = await store.readRows(earlier.id, { status: 'succeeded', fromRow, limit: PAGE });
    if (rows.length === 0) return;
    index.add(
      rows.flatMap(({ row, cells, input }) => {
        if (input === null) return [];
        const digest = digestOf(input);
        return [{ row, input: digest, key: key === undefined ? digest : keyDigest(cells[key]) }];
      }),
    );
    fromRow = (rows.at(-1)?.row ?? fromRow) + 1;
  }
}

function checkUnique(
  index: AnswerIndex,
  { cells, line, column, name }: { cells: Cell[]; line: number; column: number; name: string },
): void {
  const before = index.seen(keyDigest(cells[column]), line);
  if (before === undefined) return;
  const text = `The key "${name}" is not unique: lines ${before} and ${line} have the same value. Use another column, or leave out the key.`;
  throw new AppError('invalid_arguments', text);
}

/** Reads rows of a batch by number, in pages: a continued table has most of its rows in the order of the earlier one. */
function createRowReader(batchId: string, store: Deps['store']): (row: number) => Promise<RowRecord> {
  let page = new Map<number, RowRecord>();
  return async (row) => {
    const known = page.get(row);
    if (known !== undefined) return known;
    const rows = await store.readRows(batchId, { fromRow: row, limit: 100 });
    page = new Map(rows.map((one) => [one.row, one]));
    const found = page.get(row);
    if (found === undefined) throw new AppError('internal', `Row ${row} of ${batchId} is gone.`);
    return found;
  };
}

/** A key is compared as text: one table may have types and the other not. */
function keyDigest(cell: Cell | undefined): Buffer {
  return digestOf(typeof cell === 'object' ? (cell ?? '') : String(cell ?? ''));
}

function digestOf(value: JsonObject | Cell): Buffer {
  return createHash('sha256').update(canonicalJson(value)).digest().subarray(0, DIGEST_BYTES);
}
