import { expect, it } from 'vitest';
import { createNotices } from '../../../src/cli/terminal/notices.ts';
import { createProgressView } from '../../../src/cli/terminal/progress.ts';
import type { BatchReport } from '../../../src/runner/contract/report/report.ts';
import { ioWith } from './terminal-io.ts';

const report = (succeeded: number): BatchReport =>
  ({
    status: 'running',
    counts: { total: 200, queued: 200 - succeeded, running: 0, succeeded, failed: 1 },
    rows_per_second: 12.5,
    eta_seconds: 65,
    cost_usd: 0.25,
    warnings: ['The plan says this.'],
    provider_jobs: [] as BatchReport['provider_jobs'],
  }) as BatchReport;

it('writes a plain line now and then where there is no terminal', () => {
  const { io, written } = ioWith(false);
  let now = 0;
  const view = createProgressView(io, { now: () => now, everyMs: 5000 });
  for (now = 0; now <= 11_000; now += 100) view.update(report(now / 100));
  view.stop();
  const lines = written().trim().split('\n');
  expect(lines).toEqual([
    '51 of 200 rows, 1 failed  12.5 rows/s · 1 min 5 s left · $0.25',
    '101 of 200 rows, 1 failed  12.5 rows/s · 1 min 5 s left · $0.25',
  ]);
});

it('draws a bar on a terminal, and takes it away', () => {
  const { io, written } = ioWith(true);
  const view = createProgressView(io);
  view.update(report(99));
  expect(written()).toContain('100/200 rows');
  expect(written()).toContain('█');
  view.stop();
  view.stop();
  // The cursor is shown again.
  expect(written()).toContain('\u001b[?25h');
});

it.each([true, false])(
  'prints a warning that comes while the batch runs once, on a terminal (%s) or not',
  (isTerminal) => {
    const { io, written } = ioWith(isTerminal);
    const view = createProgressView(io);
    const warned = { ...report(50), warnings: ['The plan says this.', '47 rows at the full price, about $0.0009.'] };
    for (const one of [report(49), warned, warned]) view.update(one);
    view.stop();
    expect(written().match(/Warning: [^\n]*/g)).toEqual(['Warning: 47 rows at the full price, about $0.0009.']);
  },
);

it('says where an open provider job stands', () => {
  const { io, written } = ioWith(false);
  const view = createProgressView(io, { now: () => 0, everyMs: 0 });
  const job = {
    stage: 'waiting',
    requests: 99,
    reported: { answered: 3, total: 99 },
    since: '2026-11-28T22:00:00.000Z',
  };
  const provider_jobs = [{ ...job, deadline: '2026-11-29T22:00:00.000Z' }] as BatchReport['provider_jobs'];
  view.update({ ...report(1), eta_seconds: null, rows_per_second: null, provider_jobs });
  expect(written()).toContain(
    'at the provider since 2026-11-28 22:00 UTC, 3 of 99 answered, ends by 2026-11-29 22:00 UTC',
  );
});

it('keeps the bar below the sentences of notices, and within 80 columns', () => {
  const { io, written } = ioWith(true);
  const notices = createNotices(io.stderr);
  const view = createProgressView({ ...io, notices });
  view.update(report(99));
  const before = written().length;
  notices.say('It waits.');
  const after = written().slice(before);
  expect(after.indexOf('It waits.\n')).toBeGreaterThan(-1);
  expect(after.indexOf('100/200 rows')).toBeGreaterThan(after.indexOf('It waits.'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences have no width
  const bare = after.replaceAll(/\u001b\[[0-9;?]*[a-zA-Z]|\u001b./g, '');
  expect(Math.max(...bare.split(/[\r\n]/).map((line) => line.length))).toBeLessThanOrEqual(80);
  view.stop();
  const stopped = written().length;
  notices.say('Something else.');
  expect(written().slice(stopped)).toBe('Something else.\n');
});

it.each([
  [{ status: 'validating' }, 'Opening the tools of the agent …'],
  [{ status: 'loading', counts: { total: 7 } }, 'Reading the table … 7 rows'],
  [{ status: 'aggregating' }, 'Writing the table …'],
] as const)('says why no row runs: %o', (state, text) => {
  const { io, written } = ioWith(true);
  const view = createProgressView(io);
  view.update({ ...report(0), ...state, counts: { ...report(0).counts, ...('counts' in state ? state.counts : {}) } });
  expect(written()).toContain(text);
  view.stop();
  expect(written().endsWith('\r\u001b[K')).toBe(true);
});

it('says that rows wait for their first answers', () => {
  const { io, written } = ioWith(true);
  const waiting = { ...report(0), rows_per_second: null, eta_seconds: null, cost_usd: 0 };
  createProgressView(io).update({
    ...waiting,
    counts: { total: 9, queued: 4, running: 5, succeeded: 0, failed: 0 },
    provider_jobs: [],
  });
  expect(written()).toContain('0/9 rows  waiting for the first answers');
});
