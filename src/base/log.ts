import { pino } from 'pino';

/** The logger that is created once and passed down. */
export type Log = pino.Logger;

/**
 * A logger that writes JSON lines to stderr: stdout belongs to protocols and results.
 * @param destination gets the lines instead
 */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, destination ?? pino.destination({ fd: 2, sync: true }));
}

/** A logger that writes nothing. */
export function createSilentLog(): Log {
  return pino({ level: 'silent' });
}
