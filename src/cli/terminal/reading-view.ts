import { count } from '../../base/figures.ts';
import { type Io, paintFor } from '../io.ts';

/** How far a table is read, on the last line of a terminal. */
export interface ReadingView {
  update(progress: { done: number; total?: number }): void;
  /** Removes the line. Idempotent. */
  stop(): void;
}

const BAR_COLUMNS = 28;

/** Shows nothing where stderr is no terminal. */
export function createReadingView(io: Io): ReadingView {
  const paint = paintFor(io);
  let text: string | undefined;
  const hide = () => {
    if (text !== undefined) io.stderr.write('\r\u001b[K');
  };
  const show = () => {
    if (text !== undefined) io.stderr.write(text);
  };
  return {
    update({ done, total }) {
      if (!io.isTTY.stderr) return;
      hide();
      text = `  ${total === undefined ? '' : `${barOf(done / total, (bar) => paint('cyan', bar))}  `}${count(done)} rows read`;
      io.notices?.setLastLine({ hide, show });
      show();
    },
    stop() {
      hide();
      text = undefined;
      io.notices?.setLastLine(undefined);
    },
  };
}

function barOf(share: number, paint: (bar: string) => string): string {
  const full = Math.round(BAR_COLUMNS * Math.min(1, share));
  return `${paint('█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full))} ${Math.floor(Math.min(1, share) * 100)}%`;
}
