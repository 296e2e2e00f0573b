import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Log } from '../base/log.ts';
import { isMarkAlive, processMark } from '../base/process/process-identity.ts';
import type { Envelope } from '../fleet/envelope.ts';
import type { Answered } from '../runner/execution/fleet/messages.ts';

/** An answer that its coordinator has not acknowledged. */
export interface KeptAnswer {
  batchId: string;
  answered: Answered & { by: string };
}

/**
 * The answers of a worker that are not acknowledged yet, on its disk: what was answered is paid for, so that a worker
 * that is started again hands it over. Encrypted where there is a key.
 */
export interface KeptAnswers {
  /**
   * Returns the function that forgets the answer, once it is acknowledged.
   * Contract: a SIGKILL five milliseconds later does not lose the answer; after this turn of the event loop, where no
   * other was kept a moment ago.
   */
  keep(answer: KeptAnswer): () => void;
  /** What workers left on this disk that are gone, and the function that forgets it. */
  left(): { answers: KeptAnswer[]; forget: () => void };
  close(): void;
}

/** Binds the lines to this use. */
const PLACE = 'answers';
const ENDING = '.answers';
/** How long a file of an unknown worker must be unchanged before it counts as left, in milliseconds. */
const SILENT_MS = 600_000;

/**
 * After a write, answers are gathered for this long, in milliseconds, or until there are so many: as in the store of a
 * coordinator. A write costs 30 µs beside its answers.
 */
const PORTION_MS = 5;
const PORTION = 12;
/** A file of this size is written anew, without what is acknowledged. One at rest without open answers is emptied. */
const LARGE_BYTES = 1_000_000;
const REST_MS = 1_000;

/** Opens the file of this process in a folder, which is created. */
export function openKeptAnswers(folder: string, { envelope, log }: { envelope: Envelope; log: Log }): KeptAnswers {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = `${processMark()}${ENDING}`;
  const path = join(folder, name);
  const open = new Set<KeptAnswer>();
  let file = openSync(path, 'a', 0o600);
  let bytes = 0;
  let unwritten: KeptAnswer[] = [];
  let writtenAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const lineOf = (answers: KeptAnswer[]) => `${envelope.seal(JSON.stringify(answers), PLACE).toString('base64')}\n`;
  const rewrite = () => {
    writeFileSync(`${path}.new`, lineOf([...open]), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    closeSync(file);
    file = openSync(path, 'a', 0o600);
    bytes = 0;
  };
  const write = () => {
    clearTimeout(timer);
    if (unwritten.length === 0 || isClosed) return;
    writtenAt = performance.now();
    bytes += writeSync(file, lineOf(unwritten));
    unwritten = [];
    if (bytes >= LARGE_BYTES) rewrite();
  };
  const rest = () => {
    if (open.size > 0 || bytes === 0) return;
    ftruncateSync(file, 0);
    bytes = 0;
  };
  const resting = setInterval(rest, REST_MS).unref();
  return {
    keep(answer) {
      open.add(answer);
      const forget = () => void open.delete(answer);
      const count = unwritten.push(answer);
      if (count === PORTION) write();
      if (count !== 1) return forget;
      const waitMs = writtenAt + PORTION_MS - performance.now();
      if (waitMs > 0) timer = setTimeout(write, waitMs);
      else setImmediate(write);
      return forget;
    },
    left() {
      const paths = readdirSync(folder)
        .filter((each) => each !== name && each.endsWith(ENDING))
        .map((each) => join(folder, each))
        .filter(isLeft);
      const answers = paths.flatMap((each) => readAnswers(each, { envelope, log }));
      return {
        answers,
        forget: () => {
          for (const each of paths) rmSync(each, { force: true });
        },
      };
    },
    close() {
      write();
      isClosed = true;
      clearInterval(resting);
      closeSync(file);
      if (open.size === 0) rmSync(path, { force: true });
    },
  };
}

/** Whether a file is of a worker that is gone; of a worker in another container nobody can tell, but by its silence. */
function isLeft(path: string): boolean {
  const isAlive = isMarkAlive(basename(path, ENDING));
  if (isAlive !== 'unknown') return !isAlive;
  const { size, mtimeMs } = statSync(path);
  return size > 0 && Date.now() - mtimeMs > SILENT_MS;
}

function readAnswers(path: string, { envelope, log }: { envelope: Envelope; log: Log }): KeptAnswer[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (line === '') return [];
      try {
        return JSON.parse(envelope.open(Buffer.from(line, 'base64'), PLACE)) as KeptAnswer[];
      } catch {
        // The last line of a worker that was killed while it wrote, or of another key.
        log.warn({ path }, 'a kept answer can not be read');
        return [];
      }
    });
}
