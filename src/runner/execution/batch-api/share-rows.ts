/** A wave with fewer requests than this, none of them a row's first, is a tail: real time finishes it sooner. */
export const TAIL = 100;

/** What decides how many rows run through provider jobs. */
export interface JobSizes {
  /** Maximum and minimum number of requests in one job. */
  requests: number;
  fewest: number;
}

/** How queued rows are divided. The three numbers of rows add up to all of them. */
export interface RowShares {
  /** Rows that run in real time first, to find out what the model accepts: a provider checks a job's requests late. */
  ahead: number;
  inJobs: number;
  jobs: number;
  /** Rows that are too few for one more job. */
  left: number;
}

/**
 * Divides rows that wait for a model call. A plan, an estimate and the execution use this one calculation.
 * @param asksFirst whether one row goes ahead; it does not where the others would then be too few for a job
 */
export function shareRows(rows: number, { asksFirst, ...sizes }: JobSizes & { asksFirst: boolean }): RowShares {
  const ahead = asksFirst && rows > sizes.fewest ? 1 : 0;
  let left = rows - ahead;
  let jobs = 0;
  // All jobs but the last two have the full size.
  const full = Math.max(0, Math.floor(left / sizes.requests) - 2);
  jobs += full;
  left -= full * sizes.requests;
  while (left > 0 && left >= sizes.fewest) {
    left -= nextJobSize(left, sizes);
    jobs += 1;
  }
  return { ahead, inJobs: rows - ahead - left, jobs, left };
}

/** How many of the waiting rows the next job takes: where possible, the rows that it leaves are enough for a job. */
export function nextJobSize(rows: number, { requests, fewest }: JobSizes): number {
  if (rows <= requests) return rows;
  const rest = rows - requests;
  return rest < fewest && rows - fewest >= fewest ? rows - fewest : requests;
}
