import { AppError } from '../../../base/errors.ts';
import type { ContinuationPlan } from '../../contract/report/plan.ts';
import { readingOf } from '../../contract/request/reading.ts';
import type { BatchRequest, Continuation } from '../../contract/request/request.ts';
import type { RunnerDeps } from '../../deps.ts';
import { type ContinuedPlan, openEarlierAnswers } from '../continuation.ts';

/**
 * Reads the whole table and counts the rows that keep an earlier answer and those that will run.
 * @throws AppError as `openEarlierAnswers`, and `option_not_supported` for a source that is loaded while its rows run
 */
export async function countKept(
  request: BatchRequest & { continues: Continuation },
  plan: Omit<ContinuedPlan, 'columns'>,
  deps: RunnerDeps,
): Promise<ContinuationPlan> {
  const { continues } = request;
  const source = await deps.tables.openSource(request.csv_uri, { reading: readingOf(request.reading) });
  try {
    if (source.loads === 'while-running') {
      const text =
        'A source whose rows are loaded while they run can not continue a batch: its table is not known before.';
      throw new AppError('option_not_supported', text);
    }
    const earlier = await openEarlierAnswers(continues, { ...plan, columns: () => source.columns() }, deps);
    try {
      const counts = { kept: 0, changed: 0, new: 0 };
      for await (const chunk of source.rows()) {
        for (const row of chunk) {
          const found = row.kind === 'record' ? await earlier.of(row) : { kept: undefined, why: 'new' as const };
          counts[found.kept === undefined ? found.why : 'kept'] += 1;
        }
      }
      return {
        batch_id: continues.batch_id,
        kept_rows: counts.kept,
        changed_rows: continues.key === undefined ? null : counts.changed,
        new_rows: counts.new + (continues.key === undefined ? counts.changed : 0),
      };
    } finally {
      earlier.close();
    }
  } finally {
    await source.close();
  }
}
