import { AppError } from '../../base/errors.ts';
import { type RowmillClient, readEvents } from '../../client/client.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { Runner } from '../../runner/runner.ts';
import { answerOf, bytesOf, faultOf } from './server-call.ts';

/** How many times in a row a stream may break before the watching ends, and how long it waits between, in milliseconds. */
const MOST_BREAKS = 30;
const WAIT_MS = 1_000;
/** The largest page of a list. */
export const PAGE = 200;

/** The items of a list after the one with the id `before`, at most `limit`. */
export async function pageAfter<Item>(
  read: (cursor: string | undefined, limit: number) => Promise<{ items: Item[]; next_cursor: string | null }>,
  { before, limit, idOf }: { before: string | undefined; limit: number; idOf: (item: Item) => string },
): Promise<Item[]> {
  const found: Item[] = [];
  let isAfter = before === undefined;
  let cursor: string | undefined;
  do {
    const page = await read(cursor, isAfter ? Math.min(PAGE, limit - found.length) : PAGE);
    for (const item of page.items) {
      if (isAfter && found.length < limit) found.push(item);
      else if (idOf(item) === before) isAfter = true;
    }
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && found.length < limit);
  return found;
}

/** Batches of a server. */
export function listBatches(
  client: RowmillClient,
  { before, limit, order, status, ...filter }: Parameters<Runner['list']>[0],
): Promise<BatchReport[]> {
  const query = {
    ...filter,
    ...(status !== undefined && { status: status.join(',') }),
    ...(order === 'oldest' && { sort: 'created' }),
  };
  return pageAfter<BatchReport>(
    (cursor, most) =>
      answerOf(
        client.GET('/v1/batches', {
          params: { query: { ...query, limit: most, ...(cursor !== undefined && { cursor }) } as never },
          parseAs: 'text',
        }),
      ),
    { before, limit, idOf: ({ batch_id }) => batch_id },
  );
}

/** The id of the batch that a person names. Rules and faults are those of the runner's `idOf`. */
export async function findBatchId(name: string, client: RowmillClient): Promise<string> {
  if (name === 'latest') {
    const [newest] = await listBatches(client, { limit: 1 });
    if (newest === undefined) throw new AppError('batch_not_found', 'There are no batches yet.');
    return newest.batch_id;
  }
  const exact = await answerOf<BatchReport>(
    client.GET('/v1/batches/{id}', { params: { path: { id: name } }, parseAs: 'text' }),
  ).catch((fault: unknown) => {
    if (fault instanceof AppError && fault.code === 'batch_not_found') return fault;
    throw fault;
  });
  if (!(exact instanceof AppError)) return exact.batch_id;
  const start = name.startsWith('bat_') ? name : `bat_${name}`;
  const all = await listBatches(client, { limit: Number.MAX_SAFE_INTEGER });
  const found = all.map(({ batch_id }) => batch_id).filter((id) => id.startsWith(start));
  const [only, other] = found;
  if (only === undefined) throw exact;
  if (other === undefined) return only;
  const text = `Several batches start with ${name}: ${found.slice(0, 5).join(', ')}${found.length > 5 ? ', …' : ''}. Write more of the id.`;
  throw new AppError('invalid_arguments', text);
}

/** The reports of a batch from the server's stream, which is opened again where it broke. */
export async function* watchBatch(id: string, client: RowmillClient, signal: AbortSignal): AsyncGenerator<BatchReport> {
  let lastId: string | undefined;
  let isAtRest = false;
  for (let breaks = 0; ; breaks += 1) {
    try {
      const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
      const call = client.GET('/v1/batches/{id}/events', {
        ...{ params: { path: { id } }, headers, signal },
        parseAs: 'stream',
      });
      for await (const event of readEvents(await bytesOf(call))) {
        if (event.event === 'error') throw faultOf(event.data, { status: 200, url: '' });
        if (event.event !== 'report') continue;
        [lastId, breaks] = [event.id, 0];
        const report = JSON.parse(event.data) as BatchReport;
        isAtRest = ['completed', 'failed', 'cancelled', 'paused'].includes(report.status);
        yield report;
      }
    } catch (fault) {
      if (signal.aborted) return;
      const isBroken = !(fault instanceof AppError) || fault.retryable;
      if (!isBroken || breaks >= MOST_BREAKS) throw fault;
    }
    if (signal.aborted || isAtRest) return;
    await pause(signal);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, WAIT_MS);
    signal.addEventListener('abort', end, { once: true });
  });
}
