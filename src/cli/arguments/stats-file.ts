import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../base/errors.ts';
import { type BatchStatistics, batchStatistics } from '../../runner/contract/report/statistics.ts';

/** The option of commands that run a batch. */
export interface StatsFlag {
  stats?: string;
}

/** Adds `--stats FILE` to a command that runs a batch. */
export function addStatsFlag(command: Command): void {
  command.option(
    '--stats <file>',
    'write what the batch has done as JSON: rows, times, tokens, cost, and how often each value of a list was answered',
  );
}

/** A file that takes the figures of a batch. */
export interface StatsFile {
  write(figures: BatchStatistics): Promise<void>;
}

/**
 * Checks, before anything is started, that the file can be written, and that it is no file of another kind.
 * @throws AppError `output_exists`, `output_failed`
 */
export async function openStatsFile({ stats }: StatsFlag, cwd: string): Promise<StatsFile | undefined> {
  if (stats === undefined) return undefined;
  const path = resolve(cwd, stats);
  const refuse = (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new AppError('output_failed', `--stats ${stats} can't be written: ${reason}.`, { cause });
  };
  const text = await readFile(path, 'utf8').catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return undefined;
    throw refuse(fault);
  });
  if (text !== undefined && !isStatistics(text)) {
    throw new AppError(
      'output_exists',
      `--stats ${stats} exists and holds no statistics of a batch: name another file.`,
    );
  }
  await access(text === undefined ? dirname(path) : path, constants.W_OK).catch((fault: unknown) => {
    throw refuse(fault);
  });
  return {
    async write(figures) {
      await writeFile(path, `${JSON.stringify(figures, null, 2)}\n`).catch((fault: unknown) => {
        throw refuse(fault);
      });
    },
  };
}

function isStatistics(text: string): boolean {
  try {
    return batchStatistics.pick({ batch_id: true, rows: true, answers: true }).safeParse(JSON.parse(text)).success;
  } catch {
    // Not JSON.
    return false;
  }
}
