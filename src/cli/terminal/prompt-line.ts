import { clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { Writable } from 'node:stream';
import type { LastLine } from './notices.ts';

/** An open prompt as the last line of a terminal: a notice is written above it, and what was typed stays. */
export function promptLine(prompt: Interface, stdout: Writable): LastLine {
  let rows = 0;
  return {
    hide() {
      ({ rows } = prompt.getCursorPos());
      moveCursor(stdout, 0, -rows);
      cursorTo(stdout, 0);
      clearScreenDown(stdout);
    },
    show() {
      // Readline goes up as many rows as the cursor was below the first one, and draws there.
      stdout.write('\n'.repeat(rows));
      prompt.prompt(true);
    },
  };
}
