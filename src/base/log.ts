import { pino } from 'pino';

/** The logger that is created once and passed down. */
export type Log = pino.Logger;

/** A logger that writes JSON lines to stderr: stdout belongs to protocols and results. */
export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}

/** A logger that says nothing. */
export function createSilentLog(): Log {
  return pino({ level: 'silent' });
}

/** A function that runs `warn` the first time it sees a key and never again: the same warning is logged once. */
export function once(warn: (message: string) => void): (key: string, message: string) => void {
  const seen = new Set<string>();
  return (key, message) => {
    if (seen.has(key)) return;
    seen.add(key);
    warn(message);
  };
}
