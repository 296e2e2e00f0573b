import type { Command } from 'commander';
import { count, counted } from '../../../base/figures.ts';
import type { RowMap } from '../../../runner/contract/request/row-query.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';

const WIDEST = 100;

/** `rowmill batches map BATCH`: all rows in one line, and where rows failed. */
export function addBatchesMapCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'map', 'Show all rows in one line: what is done, runs, waits, and where rows failed')
    .argument('<batch>', BATCH_ARGUMENT)
    .option(
      '--ranges <n>',
      'into how many equal ranges the rows are divided (default: the width of the terminal, at most 100)',
      numberArgument('--ranges', { integer: true, min: 1, max: 1000 }),
    )
    .action((batch: string, { ranges }: { ranges?: number }) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const width = Math.max(1, Math.min(WIDEST, output.width));
        const map = await runner.rowMap(await runner.idOf(batch), { ranges: ranges ?? width });
        output.document(map);
        for (const line of mapLines(map, output)) output.line(line);
        return EXIT.completed;
      }),
    );
}

type Range = RowMap['ranges'][number];

/** The line of marks, its legend, and the stretches with failed rows. */
export function mapLines({ ranges, total }: RowMap, { paint }: Pick<Output, 'paint'>): string[] {
  if (total === 0) return ['The batch has no rows yet.'];
  const marks = ranges.map((range) => {
    if (range.failed > 0) return paint('red', 'x');
    if (range.running > 0) return paint('cyan', '>');
    return range.succeeded === 0 ? '.' : range.queued > 0 ? '-' : '=';
  });
  const failed = clusters(ranges).map(
    ({ first, last, rows }) => `rows ${count(first)} to ${count(last)}: ${count(rows)} failed`,
  );
  return [
    marks.join(''),
    `${counted(total, 'row')}; x failed, > running, = done, - done in part, . waiting`,
    ...failed,
  ];
}

function clusters(ranges: readonly Range[]): { first: number; last: number; rows: number }[] {
  const found: { first: number; last: number; rows: number }[] = [];
  for (const [index, { first, rows, failed }] of ranges.entries()) {
    if (failed === 0) continue;
    const before = found.at(-1);
    if (before === undefined || (ranges[index - 1]?.failed ?? 0) === 0) {
      found.push({ first, last: first + rows - 1, rows: failed });
    } else {
      before.last = first + rows - 1;
      before.rows += failed;
    }
  }
  return found;
}
