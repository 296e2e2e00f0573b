import type { Schemas } from './service.ts';

/** The batch whose rows one of the workers gives back. */
export const UNFIT_BATCH = 'bat_1k8jkv1i3s1bstbcff0';

/** A worker in each state, as `GET /v1/workers` reports them. */
export function sampleWorkers(now: number = Date.now()): Schemas['Worker'][] {
  const at = (secondsAgo: number) => new Date(now - secondsAgo * 1_000).toISOString();
  const known = { version: '0.1.0', tags: [], unfit: [], started_at: at(5_400), seen_at: at(0) };
  return [
    {
      ...{ ...known, worker_id: 'wrk_1k8jm2c0a7d3', host: 'browser-1.example.internal', pid: 4121 },
      ...{ state: 'active', tags: ['browser'], concurrency: 8, running_rows: 7, rows: 12_480 },
    },
    {
      ...{ ...known, worker_id: 'wrk_1k8jm2c0b9e4', host: 'browser-2.example.internal', pid: 3987 },
      ...{ state: 'active', tags: ['browser', 'gpu'], concurrency: 16, running_rows: 12, rows: 21_066 },
      unfit: [
        {
          batch_id: UNFIT_BATCH,
          reason: 'price-checker@v1.0 needs ANTHROPIC_API_KEY, which is not set on this worker.',
        },
      ],
    },
    {
      ...{ ...known, worker_id: 'wrk_1k8jm2c0cf51', host: 'tools-1.example.internal', pid: 812 },
      ...{ state: 'draining', concurrency: 8, running_rows: 2, rows: 9_310 },
    },
    {
      ...{ ...known, worker_id: 'wrk_1k8jm2c0d062', host: 'tools-2.example.internal', pid: 2250, version: '0.0.9' },
      ...{ state: 'other_version', concurrency: 8, running_rows: 0, rows: 0 },
    },
    {
      ...{ ...known, worker_id: 'wrk_1k8jm2c0e1a7', host: 'tools-3.example.internal', pid: 790, seen_at: at(754) },
      ...{ state: 'silent', concurrency: 8, running_rows: 8, rows: 4_402 },
    },
  ];
}
