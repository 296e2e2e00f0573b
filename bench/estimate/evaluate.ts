import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createLog } from '../../src/base/log.ts';
import type { App } from '../../src/cli/app.ts';
import type { Estimate } from '../../src/runner/contract/report/estimate.ts';
import { CASE_PRICES, type EstimateCase, readCases } from './cases.ts';
import { startTruthServers } from './truth-server.ts';

/** Rows of a case's sample. */
export const SAMPLE = 24;

/** An estimate, and what was then paid. */
export interface Judged {
  low: number;
  expected: number;
  high: number;
  paid: number;
}

/** The estimates of one case: before anything ran, after a sample, and of another table after the first batch. */
export interface JudgedCase {
  name: string;
  model: string;
  before: Judged;
  sampled: Judged;
  later: Judged;
  basis: string;
}

/** Estimates and runs the cases through the whole program, with the providers' own SDKs. */
export async function evaluateEstimates(
  size: { count: number; rows: number },
  { folder, progress }: { folder: string; progress: (text: string) => void },
): Promise<JudgedCase[]> {
  const servers = await startTruthServers();
  servers.cases.push(...readCases(size, servers));
  const prices = join(folder, 'prices.json');
  await writeFile(prices, JSON.stringify(CASE_PRICES));
  const env = {
    ...{ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: servers.anthropicUrl },
    ...{ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: servers.openaiUrl },
    ...{ GEMINI_API_KEY: 'k', GOOGLE_GEMINI_BASE_URL: servers.geminiUrl },
    ...{ ROWMILL_DATA_DIR: join(folder, 'data-estimate'), ROWMILL_FILES: folder, ROWMILL_PRICES: prices },
    // The estimator is judged by its own count: a provider's would give away the tokenizer.
    ROWMILL_COUNT_TOKENS: 'local',
  };
  const agents = servers.cases.map(({ definition }) => definition);
  const app = await createApp(readConfig(env, folder), createLog('silent'), { driver: 'supervisor', agents });
  try {
    const judged: JudgedCase[] = [];
    for (const one of servers.cases) {
      progress(`estimate: ${one.name}`);
      judged.push(await judge(app, one, folder));
    }
    return judged;
  } finally {
    await app.close();
    await servers.close();
  }
}

async function judge(
  app: App,
  { name, definition, tables, isSorted }: EstimateCase,
  folder: string,
): Promise<JudgedCase> {
  const [first, second] = tables.map((_, at) => join(folder, `${name}-${at}.csv`)) as [string, string];
  await Promise.all([writeFile(first, tables[0]), writeFile(second, tables[1])]);
  const requestOf = (csv: string, more: object = {}) => ({
    csv_uri: csv,
    target: { type: 'agent' as const, name: definition.name },
    options: { mode: 'realtime' as const, concurrency: 8, ...more },
  });
  const sample = { sample: SAMPLE, ...(isSorted ? { random: true } : {}) };
  const { plan, report } = await app.runner.create(requestOf(first, sample));
  const sampled = await app.runner.drive(report.batch_id);
  await app.runner.resume(report.batch_id);
  const whole = await app.runner.drive(report.batch_id);
  if (whole.counts.failed > 0) throw new Error(`${name}: ${JSON.stringify(whole.failures[0])}`);
  const paid = whole.cost_usd ?? Number.NaN;
  const again = await app.runner.create(requestOf(second));
  const later = await app.runner.drive(again.report.batch_id);
  return {
    name,
    model: `${definition.model.provider}/${definition.model.model}`,
    before: judgedOf(plan.estimate, paid),
    sampled: judgedOf(sampled.estimate_rest, paid - (sampled.cost_usd ?? Number.NaN)),
    later: judgedOf(again.plan.estimate, later.cost_usd ?? Number.NaN),
    basis: again.plan.estimate?.basis ?? '',
  };
}

function judgedOf(estimate: Estimate | null, paid: number): Judged {
  const { low, expected, high } = estimate?.cost_usd ?? { low: Number.NaN, expected: Number.NaN, high: Number.NaN };
  return { low, expected, high, paid };
}

/** What a set of estimates is worth. */
export interface Worth {
  /** Share of the ranges that hold what was paid. */
  held: number;
  /** The widest range, as high over low. */
  widest: number;
  /** The lowest high end, as a share of what was paid. */
  lowestHigh: number;
  /** The mean distance of the expected cost from what was paid, as a share of it. */
  error: number;
}

/** The three estimates of each case. */
export const STAGES = ['before', 'sampled', 'later'] as const;

/** How well estimates hold what was paid, and how wide they are. */
export function worthOf(judged: readonly Judged[]): Worth {
  return {
    held: judged.filter(({ low, high, paid }) => low <= paid && paid <= high).length / judged.length,
    widest: Math.max(...judged.map(({ low, high }) => high / low)),
    lowestHigh: Math.min(...judged.map(({ high, paid }) => high / paid)),
    error: judged.reduce((sum, { expected, paid }) => sum + Math.abs(expected / paid - 1), 0) / judged.length,
  };
}
