import type { ToolEntry } from '../../data/chat/entry.ts';
import { fieldsOf } from './tool-facts.ts';

/** A cost that a person has to agree to. */
export interface Spending {
  /** What is agreed to, in the words of the server. */
  title: string;
  /** Of a batch that starts: its table, its agent and how many rows it has. */
  start: { table: string; agent: string; rows: number | null } | undefined;
  /** The high end of the estimate, in dollars; null when unknown. It bounds the cost only under a cap. */
  expectedUsd: number | null;
  /** A yes is asked for above it, in dollars. */
  limitUsd: number;
  estimate: { low: number; expected: number; high: number } | null;
  /** The cap that the call names; null for none. */
  capUsd: number | null;
  /** ISO 8601. */
  expiresAt: string;
  /** The batch that goes on; undefined for a new one. */
  batchId: string | undefined;
}

/** The approval that a call asks for; undefined where it asks for none. */
export function spendingOf({ input, outcome }: ToolEntry): Spending | undefined {
  const answered = fieldsOf(outcome?.content);
  const needed = fieldsOf(answered['needs_confirmation']);
  const { title, expires_at: expiresAt } = needed;
  if (typeof title !== 'string' || typeof expiresAt !== 'string') return undefined;
  const cost = fieldsOf(fieldsOf(answered['estimate'])['cost_usd']);
  const [low, expected, high] = [cost['low'], cost['expected'], cost['high']].map(numberOf);
  const given = fieldsOf(input);
  const { batch_id: batchId } = given;
  return {
    title,
    start: startOf(given, answered),
    expiresAt,
    expectedUsd: numberOf(needed['expected_usd']),
    limitUsd: numberOf(needed['limit_usd']) ?? 0,
    estimate: low == null || expected == null || high == null ? null : { low, expected, high },
    capUsd: numberOf(fieldsOf(given['options'])['max_cost_usd']),
    batchId: typeof batchId === 'string' ? batchId : undefined,
  };
}

function startOf(given: { [name: string]: unknown }, answered: { [name: string]: unknown }): Spending['start'] {
  const table = given['csv_uri'] ?? given['csv_s3_uri'];
  const { agent, row_count: all } = answered;
  if ((given['action'] ?? 'start') !== 'start' || typeof table !== 'string') return undefined;
  const rows = numberOf(fieldsOf(answered['estimate'])['rows']) ?? numberOf(all);
  return { table, agent: typeof agent === 'string' ? agent : '', rows };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
