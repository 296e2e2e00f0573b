import type { DatabaseSync } from 'node:sqlite';
import type { UsageWay } from '../../usage.ts';
import { prepare } from '../statement.ts';

/** Stands for the batch of calls outside of batches. */
export const NO_BATCH = 0;

/** How many keys are remembered. */
const MOST = 1_000;

/** What tells series apart. */
export interface Series {
  /** The key of a batch, or {@link NO_BATCH}. */
  batch: number;
  model: string;
  way: UsageWay;
}

/** The keys of series, for one transaction. */
export interface SeriesKeys {
  /** Adds the series where it is missing; undefined for a batch that does not exist. */
  of(series: Series): number | undefined;
  /** Remembers the keys. Only after the commit: a key that is rolled back may become that of another series. */
  committed(): void;
}

/** Prepares the statements; the result starts a transaction's keys. Series are never removed. */
export function prepareSeriesKeys(db: DatabaseSync): () => SeriesKeys {
  const insert = prepare(
    db,
    `INSERT INTO usage_series (batch, batch_id, agent, model, way)
     SELECT key, id, coalesce(json_extract(plan, '$.agent.name'), ''), ?2, ?3 FROM batches WHERE key = ?1
     UNION ALL SELECT ${NO_BATCH}, '', '', ?2, ?3 WHERE ?1 = ${NO_BATCH}`,
  );
  const find = prepare<{ key: number }>(db, 'SELECT key FROM usage_series WHERE batch = ? AND model = ? AND way = ?');
  const keyOf = ({ batch, model, way }: Series) => find.get(batch, model, way)?.key;
  const known = new Map<string, number>();
  return () => {
    const found: [name: string, key: number][] = [];
    return {
      of(series) {
        const { batch, model, way } = series;
        const name = `${batch}/${way}/${model}`;
        const remembered = known.get(name);
        if (remembered !== undefined) return remembered;
        let key = keyOf(series);
        if (key === undefined) {
          insert.run(batch, model, way);
          key = keyOf(series);
        }
        if (key !== undefined) found.push([name, key]);
        return key;
      },
      committed() {
        if (known.size + found.length > MOST) known.clear();
        for (const [name, key] of found) known.set(name, key);
      },
    };
  };
}
