import { pino } from 'pino';

/** The logger that is created once and passed down. */
export type Log = pino.Logger;

/** A logger that writes JSON lines to stderr: stdout belongs to protocols and results. */
export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}

/** A logger that writes nothing. */
export function createSilentLog(): Log {
  return pino({ level: 'silent' });
}
