import { count, duration } from '../../base/figures.ts';
import type { BatchStatistics } from '../../runner/contract/report/statistics.ts';
import { oneLine } from './safe-text.ts';

/** Most values of a field that are shown; the file of `--stats` has all. */
const MOST_VALUES = 8;

/** The figures of a batch as labelled lines; none without figures. */
export function statisticsFields(figures: BatchStatistics | undefined): [label: string, text: string][] {
  if (figures === undefined) return [];
  const pacing = pacingText(figures);
  const answers = answerTexts(figures).map((text, at): [string, string] => [at === 0 ? 'answers' : '', text]);
  return pacing === undefined ? answers : [['times', pacing], ...answers];
}

/** `intent: problem 14, request 10`, a text for each field, most frequent values first; nothing where none was answered. */
function answerTexts({ answers }: BatchStatistics): string[] {
  return Object.entries(answers).flatMap(([field, counts]) => {
    const given = Object.entries(counts).filter(([, times]) => times > 0);
    if (given.length === 0) return [];
    const shown = given.toSorted(([, a], [, b]) => b - a).map(([value, times]) => `${oneLine(value)} ${count(times)}`);
    const more = shown.length > MOST_VALUES ? `, and ${count(shown.length - MOST_VALUES)} more` : '';
    return [`${oneLine(field)}: ${shown.slice(0, MOST_VALUES).join(', ')}${more}`];
  });
}

/** `half of the rows took at most 1.2 s, 95 of 100 at most 3 s; 8.1 rows a second`; undefined where no row has ended. */
function pacingText({ row_seconds: row, rows_per_second: rate }: BatchStatistics): string | undefined {
  if (row.p50 === null || row.p95 === null || rate === null) return undefined;
  return `half of the rows took at most ${duration(row.p50)}, 95 of 100 at most ${duration(row.p95)}; ${rate} rows a second`;
}
