import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import { echoAnswer, inputOf } from '../support/echo-agent.ts';
import { startMessagesServer } from '../support/messages-server.ts';
import { createSite, type RowmillProcess, until } from './rowmill-process.ts';
import { SCORER } from './scorer-agent.ts';

const PRELOAD = fileURLToPath(new URL('../torture/jumping-clock.ts', import.meta.url));
/** 02:30 in Berlin, over the night that has no such time. */
const NIGHTS = ['2027-03-27T01:30:00.000Z', '2027-03-28T01:00:00.000Z', '2027-03-29T00:30:00.000Z'];

test('two servers on one data directory run each night once, over a change of the clock', async () => {
  const sent: string[] = [];
  const model = await startMessagesServer({
    respond: (request) => {
      sent.push(String(inputOf(request)['q']));
      return echoAnswer(request);
    },
  });
  const clock = (offset: number) => site.write('clock', String(offset));
  const site = await createSite(SCORER, { ANTHROPIC_BASE_URL: model.url });
  await clock(Date.parse('2027-03-26T12:00:00Z') - Date.now());
  const jumping = { NODE_OPTIONS: `--import ${PRELOAD}`, TORTURE_CLOCK: `${site.folder}/clock` };
  const path = `${site.env['ROWMILL_DATA_DIR']}/rowmill.db`;
  const store = await openSqliteStore({ path, now: Date.now, log: createSilentLog() });
  const rowmill = (...args: string[]) => site.rowmillWith(jumping, ...args, '--json');
  const done = async (one: RowmillProcess) => expect([one.stderr(), (await one.ended).code]).toEqual(['', 0]);
  try {
    await done(rowmill('schedules', 'stop', 'nightly'));
    const when = ['--cron', '30 2 * * *', '--time-zone', 'Europe/Berlin'];
    await done(rowmill('schedules', 'add', 'jobs', ...when, '--max-cost', '1', '--mode', 'realtime'));
    const servers = [1, 2].map(() => site.rowmillWith(jumping, 'serve', '--port', '0'));
    for (const [night, due] of NIGHTS.entries()) {
      await done(rowmill('jobs', 'add', 'scorer', '--input', `{"q": "night ${night}"}`));
      await clock(Date.parse(due) + 1_000 - Date.now());
      await until(() => sent.length > night, `the night of ${due}`, { by: servers[night % 2] as RowmillProcess });
    }
    const runs = await store.listScheduleRuns({ limit: 10 });
    expect(runs.map(({ dueAt }) => new Date(dueAt).toISOString()).reverse()).toEqual(NIGHTS);
    expect(runs.map(({ state, cause, started }) => [state, cause, started.length])).toEqual(
      NIGHTS.map(() => ['succeeded', 'time', 1]),
    );
    expect(sent).toEqual(NIGHTS.map((_, night) => `night ${night}`));
    for (const { child } of servers) child.kill('SIGTERM');
    expect((await Promise.all(servers.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0]);
  } finally {
    await store.close();
    await site.close();
    await model.close();
  }
}, 120_000);
