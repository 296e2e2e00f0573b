import type { DatabaseSync } from 'node:sqlite';
import type { UsageWay } from '../../usage.ts';
import { prepare } from '../statement.ts';

/** Stands for the batch of calls outside of batches. */
export const NO_BATCH = 0;

/** The keys of how many batches are remembered. */
const MOST = 500;

/** What tells series apart. */
export interface Series {
  /** The key of a batch, or {@link NO_BATCH}. */
  batch: number;
  model: string;
  way: UsageWay;
}

interface KnownSeries extends Series {
  key: number;
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
  /** By batch, which has few. */
  const known = new Map<number, KnownSeries[]>();
  return () => {
    const found: KnownSeries[] = [];
    return {
      of({ batch, model, way }) {
        const remembered = known.get(batch)?.find((one) => one.way === way && one.model === model);
        if (remembered !== undefined) return remembered.key;
        let key = keyOf({ batch, model, way });
        if (key === undefined) {
          insert.run(batch, model, way);
          key = keyOf({ batch, model, way });
        }
        if (key !== undefined) found.push({ batch, model, way, key });
        return key;
      },
      committed() {
        if (found.length === 0) return;
        if (known.size > MOST) known.clear();
        for (const series of found) known.set(series.batch, [...(known.get(series.batch) ?? []), series]);
      },
    };
  };
}
