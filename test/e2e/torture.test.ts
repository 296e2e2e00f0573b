import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { auditBatch } from '../torture/audit.ts';
import { kills, startOf } from '../torture/scenarios/kills.ts';
import { createWorld } from '../torture/world.ts';

test('processes killed at random moments lose nothing, and repeat only calls that were in flight', async () => {
  const violations: string[] = [];
  const outcome = await kills.run({ seed: 20_261_122, quick: true, violations, progress: () => undefined });
  expect(violations).toEqual([]);
  expect(outcome).toHaveProperty('figures');
}, 120_000);

test('the audit sees a changed cell, a row that is left out, a wrong bill, a repeated call and a file left behind', async () => {
  const world = await createWorld({ seed: 5, latencyMs: [0, 2] });
  try {
    const table = await world.table(12);
    const { json: report } = await world.start('first', startOf(table)).ended;
    if (report === undefined) throw new Error('It printed no document.');
    const found = async () => {
      const violations: string[] = [];
      await auditBatch(world, { table, report, inFlightAtKills: 0, violations });
      return violations.join('\n');
    };
    expect(await found()).toBe('');

    const output = await world.read(table.out);
    await world.write(table.out, output.replace('echo:t0r7', 'echo:t0r8'));
    expect(await found()).toContain('row 7 is');
    await world.write(table.out, output.split('\n').toSpliced(-2, 1).join('\n'));
    expect(await found()).toContain('11 rows written of 12');
    await world.write(table.out, output);
    await world.write('out/.table-0.csv.mark.part', '');
    expect(await found()).toContain('left beside the table');

    const [call] = world.modelCalls;
    if (call === undefined) throw new Error('The server received no call.');
    world.modelCalls.push({ ...call, number: world.modelCalls.length + 1 });
    expect(await found()).toMatch(/was sent again.*1 model calls not journalled, 0 open.*above the range/s);
    world.modelCalls.pop();
    const db = new DatabaseSync(`${world.env['ROWMILL_DATA_DIR']}/rowmill.db`);
    db.exec('UPDATE journal_answers SET cost_pico_usd = cost_pico_usd * 2 WHERE cost_pico_usd > 0');
    db.close();
    expect(await found()).toMatch(/is billed.*bill .*, journal/s);
  } finally {
    await world.close();
  }
}, 60_000);
