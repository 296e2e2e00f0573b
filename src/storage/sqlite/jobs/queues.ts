import type { DatabaseSync } from 'node:sqlite';
import type { QueueName, QueueRecord } from '../../jobs.ts';
import { idRange } from '../rows/row-id.ts';
import { prepare } from '../statement.ts';

interface QueueRow extends QueueName {
  key: number;
  batch: number | null;
}

const SELECT_QUEUE = 'SELECT key, agent, version, model, batch FROM queues';

/** Finds a queue by its name, or makes it. */
export function prepareQueueKey(db: DatabaseSync): (queue: QueueName) => { key: number; batch: number | null } {
  const find = prepare<QueueRow>(db, `${SELECT_QUEUE} WHERE agent = ? AND version = ? AND model = ?`);
  const insert = prepare(db, 'INSERT INTO queues (agent, version, model) VALUES (?, ?, ?)');
  return ({ agent, version, model }) => {
    const found = find.get(agent, version, model);
    if (found !== undefined) return found;
    insert.run(agent, version, model);
    return { key: find.get(agent, version, model)?.key ?? 0, batch: null };
  };
}

/** Reads queues with their waiting jobs: one by its name, or all, or those of an agent. */
export function prepareReadQueues(db: DatabaseSync) {
  const one = prepare<QueueRow>(db, `${SELECT_QUEUE} WHERE agent = ? AND version = ? AND model = ?`);
  const every = prepare<QueueRow>(db, `${SELECT_QUEUE} WHERE ?1 IS NULL OR agent = ?1 ORDER BY agent, version, model`);
  const collecting = prepare<{ key: number; id: string; jobs: number }>(
    db,
    `SELECT b.key, b.id, t.rows AS jobs
     FROM batches b INDEXED BY batches_collecting JOIN batch_totals t ON t.batch = b.key
     WHERE b.queue = ? AND b.status = 'collecting' ORDER BY b.key`,
  );
  const oldest = prepare<{ at: number }>(
    db,
    'SELECT created_at AS at FROM jobs INDEXED BY jobs_row WHERE row >= ? AND row < ? ORDER BY row LIMIT 1',
  );
  const toRecord = ({ key, agent, version, model, batch }: QueueRow): QueueRecord => {
    const batches = collecting.all(key);
    const ages = batches.flatMap((one) => {
      const { first, end } = idRange(one.key);
      return oldest.get(first, end)?.at ?? [];
    });
    return {
      ...{ agent, version, model },
      standing: batches.find((one) => one.key === batch)?.id ?? null,
      collecting: batches.map(({ id, jobs }) => ({ batchId: id, jobs })),
      waiting: batches.reduce((sum, { jobs }) => sum + jobs, 0),
      oldestAt: ages.length === 0 ? null : Math.min(...ages),
    };
  };
  return {
    one({ agent, version, model }: QueueName): QueueRecord | undefined {
      const found = one.get(agent, version, model);
      return found === undefined ? undefined : toRecord(found);
    },
    list: (agent?: string): QueueRecord[] =>
      every
        .all(agent ?? null)
        .map(toRecord)
        .filter(({ waiting }) => waiting > 0 || agent !== undefined),
  };
}

/** Closes and reopens the standing batch of a queue. */
export function prepareStanding(db: DatabaseSync) {
  const where = 'agent = ? AND version = ? AND model = ?';
  const close = prepare(
    db,
    `UPDATE queues SET batch = NULL WHERE ${where} AND batch = (SELECT key FROM batches WHERE id = ?)`,
  );
  const reopen = prepare(
    db,
    `UPDATE queues SET batch = (SELECT key FROM batches WHERE id = ? AND status = 'collecting')
     WHERE ${where} AND batch IS NULL`,
  );
  return {
    close: ({ agent, version, model }: QueueName, batchId: string) => close.run(agent, version, model, batchId) > 0,
    reopen({ agent, version, model }: QueueName, batchId: string): void {
      reopen.run(batchId, agent, version, model);
    },
  };
}
