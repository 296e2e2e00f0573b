import type { Writable } from 'node:stream';
import { oneLine } from './safe-text.ts';

/** What is drawn on the last line of a terminal, such as a progress bar. */
export interface LastLine {
  hide(): void;
  show(): void;
}

/** Sentences for a person at a terminal, above what is drawn on the last line. */
export interface Notices {
  /** @param kind a notice of the same kind is left out for some seconds after one */
  say(text: string, kind?: string): void;
  /** What is drawn on the last line from now on; undefined: nothing. */
  setLastLine(line: LastLine | undefined): void;
}

/** After a notice, others of its kind are left out for this long. */
const QUIET_MS = 10_000;

/** Notices on stderr. */
export function createNotices(stderr: Writable, now: () => number = () => performance.now()): Notices {
  let last: LastLine | undefined;
  const saidAt = new Map<string, number>();
  return {
    say(text, kind = text) {
      const before = saidAt.get(kind);
      if (before !== undefined && now() - before < QUIET_MS) return;
      saidAt.set(kind, now());
      last?.hide();
      stderr.write(`${oneLine(text)}\n`);
      last?.show();
    },
    setLastLine(line) {
      last = line;
    },
  };
}
