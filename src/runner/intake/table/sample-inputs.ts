import type { AgentDefinition } from '../../../agent/definition.ts';
import { AppError } from '../../../base/errors.ts';
import { type PlacedRow, rowPlace } from '../../../base/row-place.ts';
import type { JsonObject } from '../../../protocol/messages.ts';
import type { Cell } from '../../../tables/cell.ts';
import type { BatchPlan } from '../../contract/report/plan.ts';
import type { MediaSample } from '../../media/sample-media.ts';
import { compileMapping } from '../../rows/mapping.ts';

/** A sampled row, with its place. */
export interface SampleRow extends PlacedRow {
  cells: Cell[];
}

/** The sampled rows of a table. */
interface Sampled {
  columns: string[];
  sample: SampleRow[];
  media: MediaSample;
}

/** The result of the mapping over the sampled rows. */
export interface SampledInputs {
  /** Those that are valid, without the bytes of media. */
  inputs: JsonObject[];
  rowsLookedAt: number;
  failed: number;
  /** The first of the failed rows, and why it gives no valid input. */
  first: { place: PlacedRow; reason: string } | undefined;
}

/** The mapping over the sampled rows, and the media of the first of them. */
export async function sampleInputs(plan: BatchPlan, agent: AgentDefinition, look: Sampled): Promise<SampledInputs> {
  const decimalComma = plan.reading.decimal_comma ?? false;
  const transform = compileMapping(plan.input_mapping, agent.input, look.columns, { decimalComma });
  const inputs: JsonObject[] = [];
  let first: SampledInputs['first'];
  for (const { cells, ...place } of look.sample) {
    try {
      inputs.push(await look.media.see(await transform(cells)));
    } catch (error) {
      // A row that can't be transformed fails on its own when it is run; here it is left out.
      if (!(error instanceof AppError)) throw error;
      first ??= { place, reason: error.message };
    }
  }
  const failed = look.sample.length - inputs.length;
  return { inputs, rowsLookedAt: inputs.length, failed, first };
}

/** Reports a mapping that fits no sampled row as a problem, and one that fails for some rows as a warning. */
export function tellUnfilled(
  { problems, warnings }: BatchPlan,
  { rowsLookedAt, failed, first }: Omit<SampledInputs, 'inputs'>,
): void {
  if (first === undefined) return;
  const looked = rowsLookedAt + failed;
  if (rowsLookedAt > 0) {
    const give = failed === 1 ? 'gives' : 'give';
    // A reason may quote a cell, and warnings are read as plain text: the warning names the row without its content.
    const { row, key = null } = first.place;
    const place = key === null ? rowPlace(first.place) : `row ${row}`;
    warnings.push(
      `${failed} of the ${looked} rows checked ${give} no valid input and would fail; the first is ${place}.`,
    );
    return;
  }
  const firstReason = `${rowPlace(first.place)}: ${first.reason}`;
  const message =
    looked === 1
      ? `The only row checked gives no valid input: ${firstReason}`
      : `None of the ${looked} rows checked gives a valid input: ${firstReason}`;
  problems.push({ code: 'input_invalid', message });
}
