import { expect, it } from 'vitest';
import { sampleLines } from '../../../src/cli/terminal/sample-text.ts';
import type { BatchReport } from '../../../src/runner/contract/report/report.ts';
import type { RowReport } from '../../../src/runner/contract/report/row.ts';

const layout = { width: 80, paint: (_: unknown, text: string) => text };
const report = {
  batch_id: 'bat_1',
  counts: { total: 100, queued: 75, running: 0, succeeded: 24, failed: 1 },
  cost_usd: 0.0021,
  estimate_rest: { rows: 75, cost_usd: { low: 0.005, expected: 0.0063, high: 0.008 } },
} as BatchReport;

const row = (number: number, answer: string | null): RowReport =>
  ({
    row: number,
    source: { Id: number, 'Street address': `${number} Long Lane` },
    input: { address: `${number} Long Lane`, code: 'GB' },
    output: answer === null ? null : { answer, sure: true },
    error: answer === null ? { code: 'output_invalid', message: 'no\nanswer' } : null,
  }) as unknown as RowReport;

it('shows mapped source columns, fields made by expressions, outputs and errors, and both costs', () => {
  const mapping = { address: 'Street address', code: '{% $uppercase(code) %}', country: { value: 'GB' } };
  expect(sampleLines(report, { rows: [row(3, 'yes'), row(90, null)], mapping }, layout)).toEqual([
    'row  Street address  code  answer  sure  error',
    '───  ──────────────  ────  ──────  ────  ─────────────────────────',
    '  3  3 Long Lane     GB    yes     true',
    ' 90  90 Long Lane    GB                  output_invalid: no⏎answer',
    '23 more rows: rowmill batches rows bat_1',
    '25 rows cost $0.0021. The other 75 rows may cost about $0.0063 ($0.005 to $0.008).',
  ]);
});

it('shows at most some columns, fitted to the width, and names the others', () => {
  const names = Array.from({ length: 12 }, (_, at) => `field_${at}`);
  const wide = { ...row(0, 'x'), output: Object.fromEntries(names.map((name) => [name, 'a long answer '.repeat(9)])) };
  const lines = sampleLines(report, { rows: [wide], mapping: { address: { column: 'Street address' } } }, layout);
  expect(Math.max(...lines.slice(0, 3).map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.join('\n')).toContain('not shown: field_7, field_8, field_9, field_10, field_11');
});

it('says that a price is unknown', () => {
  const unknown = { ...report, cost_usd: null, estimate_rest: { rows: 1, cost_usd: null } } as BatchReport;
  const lines = sampleLines(unknown, { rows: [row(0, 'x')], mapping: { address: 'Id' } }, layout);
  expect(lines.at(-1)).toBe('25 rows cost an unknown amount. The other row may cost an unknown amount.');
});
