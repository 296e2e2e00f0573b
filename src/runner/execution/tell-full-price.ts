import { counted, dollars } from '../../base/figures.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import { settingsOf } from '../lifecycle/settings.ts';
import { estimateRest } from '../output/estimate-rest.ts';
import type { ExecutionDeps } from './execution-deps.ts';

/** How many such warnings a batch keeps. */
const KEPT = 20;

/** `29 rows at the full price, about $0.0006`, for the rows of a batch. */
export async function fullPriceText(batch: BatchRecord, rows: number, deps: ExecutionDeps): Promise<string> {
  const bill = await deps.store.readBill(batch.id);
  const expected = estimateRest(batch, bill, { rows, prices: deps.prices })?.cost_usd?.expected;
  return `${counted(rows, 'row')} at the full price, ${expected === undefined ? 'of unknown cost' : `about ${dollars(expected)}`}`;
}

/** Stores as a warning of the batch, before rows are sent, that they run at the full price, and for how much. */
export async function tellFullPrice(
  batch: BatchRecord,
  { rows, why }: { rows: number; why: string },
  { deps, fence }: { deps: ExecutionDeps; fence: Fence },
): Promise<void> {
  const text = `${why} In real time run ${await fullPriceText(batch, rows, deps)}.`;
  const { full_price: before = [] } = settingsOf(batch);
  await deps.store.updateBatch(batch.id, { settings: { full_price: [...before, text].slice(-KEPT) } }, { fence });
  deps.log.warn({ batchId: batch.id, rows }, 'rows run in real time, at the full price');
  deps.events.emit('batch-tune', { batchId: batch.id, at: deps.clock.now() });
}
