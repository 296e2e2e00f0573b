import type { SingleBar } from 'cli-progress';
import { count, counted, dollars, duration } from '../../base/figures.ts';
import { loadLater } from '../../base/process/load-later.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import { providerJobText } from '../../runner/output/provider-job-report.ts';
import { inFlags } from '../arguments/option-words.ts';
import { type Io, paintFor, widthOf } from '../io.ts';
import { oneLine } from './safe-text.ts';
import { displayWidth, truncate } from './terminal-text.ts';

/** Columns of the bar itself. */
const LEAST_BAR = 8;
const MOST_BAR = 28;
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
      for (const warning of news) {
        const text = `Warning: ${inFlags(warning)}`;
        if (io.notices !== undefined) io.notices.say(text);
        else {
          view.stop();
          io.stderr.write(`${oneLine(text)}\n`);
        }
      }
      view.update(report);
    },
    stop: view.stop,
  };
}

/** @param lines shown while the number of rows is unknown */
function createBar(io: Io, lines: ProgressView): ProgressView {
  const paint = paintFor(io);
  let latest: BatchReport | undefined;
  let bar: SingleBar | undefined;
  let isStageShown = false;
  const hide = () => {
    bar?.stop();
    bar = undefined;
    if (isStageShown) io.stderr.write('\r\u001b[K');
    isStageShown = false;
  };
  const draw = (report: BatchReport) => {
    const { total, succeeded, failed } = report.counts;
    const stage = stageOf(report);
    if (stage !== undefined) {
      hide();
      io.stderr.write(`  ${paint('dim', truncate(stage, widthOf(io) - 3))}`);
      isStageShown = true;
      return;
    }
    if (total === null) return lines.update(report);
    if (total === 0) return;
    const payload = { note: noteOf(report), failures: failed > 0 ? `  ${count(failed)} failed` : '' };
    if (bar === undefined) {
      hide();
      bar = newBar(io);
      bar.start(total, succeeded + failed, payload);
    }
    bar.setTotal(total);
    bar.update(succeeded + failed, payload);
  };
  const show = () => {
    if (latest !== undefined) draw(latest);
  };
  return {
    update: (report) => {
      latest = report;
      io.notices?.setLastLine({ hide, show });
      draw(report);
    },
    stop: () => {
      latest = undefined;
      io.notices?.setLastLine(undefined);
      hide();
    },
  };
}

/** Only a terminal has a bar. */
const cliProgress = loadLater<typeof import('cli-progress')>('cli-progress');

function newBar(io: Io): SingleBar {
  const paint = paintFor(io);
  return new (cliProgress().SingleBar)({
    format: (_, { progress, value, total }, { failures, note }: { failures: string; note: string }) => {
      const figures = ` ${Math.floor(progress * 100)}%  ${value}/${total} rows`;
      const room = widthOf(io) - 3 - displayWidth(figures + failures);
      const shownNote = truncate(note, room - LEAST_BAR);
      const size = Math.max(LEAST_BAR, Math.min(MOST_BAR, room - displayWidth(shownNote)));
      const full = Math.round(size * Math.min(1, progress));
      const bar = '█'.repeat(full) + '░'.repeat(size - full);
      return `  ${paint('cyan', bar)}${figures}${paint('red', failures)}${paint('dim', shownNote)}`;
    },
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
    linewrap: null,
    // cli-progress declares a file stream, but any stream to a terminal works.
    stream: io.stderr as NodeJS.WriteStream,
  });
}

/** Why no row runs yet, or none any more; undefined while rows run. */
function stageOf({ status, counts }: BatchReport): string | undefined {
  switch (status) {
    case 'created':
    case 'validating':
      return 'Opening the tools of the agent …';
    case 'loading':
      return `Reading the table … ${counts.total === null || counts.total === 0 ? '' : counted(counts.total, 'row')}`;
    case 'aggregating':
      return 'Writing the table …';
    default:
      return undefined;
  }
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
  const { succeeded, failed, running } = report.counts;
  const open = report.provider_jobs.flatMap((job) => providerJobText(job) ?? []);
  if (open.length > 1) parts.push(counted(open.length, 'provider job'));
  parts.push(...open.slice(0, 1));
  if (open.length === 0 && succeeded + failed === 0 && running > 0) parts.push('waiting for the first answers');
  if (report.rows_per_second !== null && report.rows_per_second > 0)
    parts.push(`${count(report.rows_per_second)} rows/s`);
  if (report.eta_seconds !== null && report.eta_seconds > 0) parts.push(`${duration(report.eta_seconds)} left`);
  if (report.cost_usd !== null && report.cost_usd > 0) parts.push(dollars(report.cost_usd));
  return parts.length === 0 ? '' : `  ${parts.join(' · ')}`;
}
