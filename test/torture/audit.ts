import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parse } from 'csv-parse/sync';
import type { JournalEntry } from '../../src/storage/journal.ts';
import type { Report } from '../e2e/rowmill-process.ts';
import { callsBy, type Kill, REPEATED_AT_MOST } from './kill-process.ts';
import type { ModelCall, Table, ToolCall, World } from './world.ts';

/** What is found wrong; a scenario passes when nothing is. */
export type Violations = string[];

/** The figures of one batch, or of several together. */
export interface Audit {
  rows: number;
  /** Model calls that the server received, and those of them that were sent again. */
  received: number;
  repeatedModel: number;
  repeatedTool: number;
  /** Model calls that were sent again after their answer was committed: never. */
  answeredAgain: number;
  /** Sends whose outcome is not known. */
  open: number;
  billUsd: number;
  /** What the server delivered in whole, in dollars. */
  deliveredUsd: number;
  atMostUsd: number;
}

const NOTHING: Audit = {
  rows: 0,
  received: 0,
  repeatedModel: 0,
  repeatedTool: 0,
  answeredAgain: 0,
  open: 0,
  billUsd: 0,
  deliveredUsd: 0,
  atMostUsd: 0,
};

export function sumAudits(audits: readonly Audit[]): Audit {
  return audits.reduce((sum, one) => {
    const keys = Object.keys(NOTHING) as (keyof Audit)[];
    return Object.fromEntries(keys.map((key) => [key, sum[key] + one[key]])) as unknown as Audit;
  }, NOTHING);
}

export interface AuditOptions {
  table: Table;
  report: Report;
  /** Open calls that the kills left, when only they may have led to repetitions. */
  inFlightAtKills?: number;
  /** The kills, in their order, when only they may have led to repetitions. */
  kills?: readonly Kill[];
  /** Reads the output; by default from the table's place. */
  output?: () => Promise<string>;
  violations: Violations;
}

/**
 * Compares a finished batch with what was asked and with the server's log: rows once and in order with their source cells;
 * each answered call journalled with the server's own price, and never sent again; the bill exact, the delivered total in
 * its range; nothing left beside the table; a sound database.
 */
export async function auditBatch(world: World, options: AuditOptions): Promise<Audit> {
  const { table, report, violations } = options;
  const expect = (holds: boolean, what: string) => {
    if (!holds) violations.push(`${table.name}: ${what}`);
  };
  const { length } = table.rows;
  expect(report.status === 'completed', `ended ${report.status} (${JSON.stringify(report['error'])})`);
  if (report.counts === undefined) throw new Error(`${table.name}: no batch was reported: ${JSON.stringify(report)}`);
  const { total, succeeded, failed } = report.counts;
  expect(total === length && succeeded === length, `${succeeded} of ${total} rows succeeded, ${failed} failed`);
  await auditTable(world, options, expect);

  const words = new Set(table.rows.map((row) => row[1]));
  const calls = world.modelCalls.filter((call) => words.has(call.q));
  const entries = await (await world.store()).readJournalByPrefix(`${report.batch_id}/`);
  const models = auditModelCalls(calls, entries, expect);
  const toolEntries = entries.filter((entry) => entry.kind === 'tool');
  const tools = world.toolCalls.filter((call) => words.has(call.q));
  const repeatedTool = tools.length - new Set(tools.map((call) => call.q)).size;
  const openTool = sum(toolEntries.map((entry) => entry.openSends));
  const openModel = sum(entries.filter((entry) => entry.kind === 'model').map((entry) => entry.openSends));
  expect(new Set(tools.map((call) => call.q)).size === length, 'a tool call was left out');
  expect(repeatedTool <= openTool, `${repeatedTool} tool calls repeated, ${openTool} open`);
  // A fault whose outcome is unknown is open too, and its repetition is the retry that was due.
  expect(models.lost <= openModel, `${models.lost} model calls not journalled, ${openModel} open`);
  const { inFlightAtKills } = options;
  if (inFlightAtKills !== undefined) {
    const repeated = models.repeated + repeatedTool;
    expect(repeated <= inFlightAtKills, `${repeated} calls repeated, ${inFlightAtKills} were in flight at the kills`);
  }
  auditKills(world, options, expect);
  expect(near(report.cost_usd, models.journalledUsd), `bill ${report.cost_usd}, journal ${models.journalledUsd}`);
  expect(
    report.cost_usd <= models.deliveredUsd + 1e-9,
    `bill ${report.cost_usd} above delivered ${models.deliveredUsd}`,
  );
  expect(
    report.cost_usd_at_most >= models.deliveredUsd - 1e-9,
    `delivered ${models.deliveredUsd} above the range ${report.cost_usd_at_most}`,
  );
  auditDatabase(world, report, { open: openModel + openTool, entries }, expect);
  return {
    rows: length,
    received: calls.length,
    repeatedModel: models.repeated,
    repeatedTool,
    answeredAgain: models.answeredAgain,
    open: openModel + openTool,
    billUsd: report.cost_usd,
    deliveredUsd: models.deliveredUsd,
    atMostUsd: report.cost_usd_at_most,
  };
}

type Expect = (holds: boolean, what: string) => void;

async function auditTable(world: World, { table, output }: AuditOptions, expect: Expect): Promise<void> {
  const text = await (output?.() ?? world.read(table.out)).catch(() => '');
  const [header = [], ...rows] = parse(text) as string[][];
  expect(
    JSON.stringify(header) === JSON.stringify([...table.columns, 'answer', '_status', '_processing_time', '_error']),
    `the header is ${JSON.stringify(header)}`,
  );
  expect(rows.length === table.rows.length, `${rows.length} rows written of ${table.rows.length}`);
  const wrong = table.rows.findIndex((source, index) => {
    const [id, q, cell, answer, status, , error] = rows[index] ?? [];
    return (
      JSON.stringify([...source, `echo:${source[1]}`, 'SUCCESS', '']) !==
      JSON.stringify([id, q, cell, answer, status, error])
    );
  });
  expect(wrong === -1, `row ${wrong} is ${JSON.stringify(rows[wrong])}`);
  if (output !== undefined) return;
  const beside = (await readdir(join(world.folder, dirname(table.out)))).filter((name) => name.endsWith('.part'));
  expect(beside.length === 0, `left beside the table: ${beside.join(', ')}`);
}

/** A kill repeats the calls whose answers the process had not taken, and few others: answers are committed as they come. */
function auditKills(world: World, { table, kills = [] }: AuditOptions, expect: Expect): void {
  const words = new Set(table.rows.map((row) => row[1]));
  const all = [...world.modelCalls, ...world.toolCalls].filter((call) => words.has(call.q));
  for (const { who, taken } of kills) {
    const sent = callsBy(world, who);
    const last = Math.max(...sent.map(({ at }) => at));
    const sentLater = new Set(all.filter((call) => call.who !== who && call.at > last).map(nameOf));
    const repeated = new Set(sent.map(nameOf).filter((name) => sentLater.has(name))).size;
    const inFlight = sent.length - (taken ?? 0);
    expect(
      repeated <= inFlight + REPEATED_AT_MOST,
      `${repeated} calls of ${who} repeated, of which ${inFlight} were in flight at its kill`,
    );
  }
}

function nameOf(call: ToolCall | ModelCall): string {
  return 'depth' in call ? `model ${call.q} ${call.depth}` : `tool ${call.q}`;
}

/** Each answer of the journal is one that the server delivered, at its price, and the last that it got for that call. */
function auditModelCalls(calls: readonly ModelCall[], entries: readonly JournalEntry[], expect: Expect) {
  const byNumber = new Map(calls.map((call) => [call.number, call]));
  const last = new Map(calls.map((call) => [`${call.q} ${call.depth}`, call.number]));
  const journalled = new Set<number>();
  let journalledMicroUsd = 0;
  let answeredAgain = 0;
  for (const { kind, answer, run, turn } of entries) {
    if (kind !== 'model' || answer === null) continue;
    const number = Number(answer.requestId?.replace('req_test_', ''));
    const call = byNumber.get(number);
    if (call === undefined) {
      expect(false, `${run} turn ${turn} has the answer ${answer.requestId}, which the server never gave`);
      continue;
    }
    expect(!journalled.has(number), `answer ${number} is journalled twice`);
    journalled.add(number);
    expect(call.delivered && call.fault === null, `answer ${number} was not delivered (${call.fault})`);
    expect(near(answer.costMicroUsd ?? -1, call.costMicroUsd), `answer ${number} is billed ${answer.costMicroUsd}`);
    const sentLast = last.get(`${call.q} ${call.depth}`);
    expect(
      sentLast === number,
      `${call.q} at depth ${call.depth} was sent again (${sentLast}) after its answer ${number}`,
    );
    if (sentLast !== number) answeredAgain += 1;
    journalledMicroUsd += answer.costMicroUsd ?? 0;
  }
  const isRefused = (call: ModelCall) => /^[45]/.test(call.fault ?? '');
  const lost = calls.filter((call) => !journalled.has(call.number) && !isRefused(call));
  return {
    answeredAgain,
    lost: lost.length,
    repeated: lost.filter((call) => call.fault === null).length,
    journalledUsd: journalledMicroUsd / 1e6,
    deliveredUsd: sum(calls.filter((call) => call.delivered).map((call) => call.costMicroUsd)) / 1e6,
  };
}

function auditDatabase(
  world: World,
  report: Report,
  { open, entries }: { open: number; entries: readonly JournalEntry[] },
  expect: Expect,
): void {
  const db = new DatabaseSync(`${world.env['ROWMILL_DATA_DIR']}/rowmill.db`, { readOnly: true });
  try {
    const [check] = db.prepare('PRAGMA integrity_check').all();
    expect(check?.['integrity_check'] === 'ok', `integrity_check: ${JSON.stringify(check)}`);
    expect(db.prepare('PRAGMA foreign_key_check').all().length === 0, 'foreign_key_check found orphans');
    const totals = db
      .prepare(`SELECT t.* FROM batch_totals t JOIN batches b ON b.key = t.batch WHERE b.id = ?`)
      .get(report.batch_id);
    const answered = entries.filter((entry) => entry.kind === 'model' && entry.answer !== null).length;
    expect(
      totals?.['open_calls'] === open,
      `the totals count ${totals?.['open_calls']} open calls, the journal ${open}`,
    );
    expect(totals?.['model_calls'] === answered, `the totals count ${totals?.['model_calls']} calls, not ${answered}`);
  } finally {
    db.close();
  }
}

function near(one: number, other: number): boolean {
  return Math.abs(one - other) < 1e-8 * Math.max(1, Math.abs(one));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
