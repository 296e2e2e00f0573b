/** Texts of the workers. */
export const messages = {
  title: 'Workers',
  columns: {
    worker: 'Worker',
    state: 'State',
    load: 'Running',
    rows: 'Rows run',
    tags: 'Tags',
    version: 'Version',
    seen: 'Last seen',
  },
  states: { active: 'Active', draining: 'Draining', other_version: 'Other version', silent: 'Silent' },
  notes: {
    draining: 'It finishes its rows and takes no more.',
    other_version: 'It gets no rows: give it the version of this server.',
    silent: 'Its rows run on other workers.',
  },
  process: (pid: number, id: string) => `process ${pid} · ${id}`,
  small: (rows: string, version: string) => `${rows} rows run · version ${version}`,
  tags: (tags: string) => `Tags: ${tags}`,
  load: (running: string, most: string) => `${running} of ${most}`,
  now: 'now',
  ago: (time: string) => `${time} ago`,
  since: (when: string) => `since ${when}`,
  unfit: (reason: string) => `It gives the rows of a batch back. ${reason}`,
  batch: 'Show the batch',
  sum: (workers: number, running: string, places: string) =>
    `${workers === 1 ? '1 worker takes' : `${workers} workers take`} rows: ${running} of ${places} at a time are running.`,
  empty: {
    title: 'No workers',
    text: 'No worker has reported in the last hour. Start one on each machine, with the Redis and the key of this server:',
    command: 'rowmill worker --concurrency 16',
  },
  none: {
    title: 'There is no fleet here',
    text: 'This server runs all rows itself. If ROWMILL_REDIS_URL names a Redis, other machines can run the rows of an agent with:',
    command: 'rowmill worker',
  },
} as const;
