import cliProgress from 'cli-progress';
import { count, counted, dollars, duration } from '../../base/figures.ts';
import type { BatchReport } from '../../runner/contract/report.ts';
import { providerJobText } from '../../runner/output/provider-job-report.ts';
import { type Io, paintFor } from '../io.ts';
import { inFlags } from '../option-words.ts';
import { oneLine } from './safe-text.ts';

/** Without a terminal, progress lines are at least this far apart. */
const LINE_EVERY_MS = 5_000;

/** Shows a batch's progress on stderr: a bar on a terminal, a line every few seconds elsewhere. */
export interface ProgressView {
  update(report: BatchReport): void;
  /** Removes the bar until the next update, so that other text can be printed. Idempotent. */
  stop(): void;
}

export function createProgressView(io: Io, options: { now?: () => number; everyMs?: number } = {}): ProgressView {
  return withWarnings(io, io.isTTY.stderr ? createBar(io, createLines(io, options)) : createLines(io, options));
}

/** Prints each warning that comes while the batch runs, such as rows that now cost the full price. */
function withWarnings(io: Io, view: ProgressView): ProgressView {
  let known: ReadonlySet<string> | undefined;
  return {
    update: (report) => {
      const news = report.warnings.filter((warning) => known !== undefined && !known.has(warning));
      known = new Set(report.warnings);
      if (news.length > 0) view.stop();
      for (const warning of news) io.stderr.write(`Warning: ${oneLine(inFlags(warning))}\n`);
      view.update(report);
    },
    stop: view.stop,
  };
}

/** @param lines shown while the number of rows is unknown */
function createBar(io: Io, lines: ProgressView): ProgressView {
  const paint = paintFor(io);
  let bar: cliProgress.SingleBar | undefined;
  return {
    update: (report) => {
      const { total, succeeded, failed } = report.counts;
      if (total === null) return lines.update(report);
      const payload = { note: noteOf(report), failures: failed > 0 ? paint('red', `  ${count(failed)} failed`) : '' };
      if (bar === undefined) {
        if (total === 0) return;
        bar = new cliProgress.SingleBar({
          format: `  ${paint('cyan', '{bar}')} {percentage}%  {value}/{total} rows{failures}${paint('dim', '{note}')}`,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          barsize: 28,
          hideCursor: true,
          clearOnComplete: true,
          gracefulExit: false,
          linewrap: null,
          // cli-progress declares a file stream, but any stream to a terminal works.
          stream: io.stderr as NodeJS.WriteStream,
        });
        bar.start(total, succeeded + failed, payload);
      }
      bar.setTotal(total);
      bar.update(succeeded + failed, payload);
    },
    stop: () => {
      bar?.stop();
      bar = undefined;
    },
  };
}

function createLines(io: Io, options: { now?: () => number; everyMs?: number }): ProgressView {
  const now = options.now ?? (() => performance.now());
  const everyMs = options.everyMs ?? LINE_EVERY_MS;
  let last = now();
  return {
    update: (report) => {
      if (now() - last < everyMs) return;
      last = now();
      const { total, succeeded, failed } = report.counts;
      const failures = failed > 0 ? `, ${count(failed)} failed` : '';
      const state = report.status === 'running' ? '' : `${report.status}: `;
      const all = total === null ? '' : ` of ${count(total)}`;
      io.stderr.write(`${state}${count(succeeded + failed)}${all} rows${failures}${noteOf(report)}\n`);
    },
    stop: () => undefined,
  };
}

function noteOf(report: BatchReport): string {
  const parts: string[] = [];
  const open = report.provider_jobs.flatMap((job) => providerJobText(job) ?? []);
  if (open.length > 1) parts.push(counted(open.length, 'provider job'));
  parts.push(...open.slice(0, 1));
  if (report.rows_per_second !== null && report.rows_per_second > 0)
    parts.push(`${count(report.rows_per_second)} rows/s`);
  if (report.eta_seconds !== null && report.eta_seconds > 0) parts.push(`${duration(report.eta_seconds)} left`);
  if (report.cost_usd !== null && report.cost_usd > 0) parts.push(dollars(report.cost_usd));
  return parts.length === 0 ? '' : `  ${parts.join(' · ')}`;
}
