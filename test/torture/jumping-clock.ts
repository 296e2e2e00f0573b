import { readFileSync } from 'node:fs';

// Preloaded into a process of the torture: its wall clock is off by the milliseconds that a file holds, as they stand
// there at each moment. The monotonic clock is left alone, as setting a host's clock leaves it.
const file = process.env['TORTURE_CLOCK'] ?? '';
const RealDate = Date;
const realNow = Date.now.bind(Date);
const now = () => realNow() + Number(readFileSync(file, 'utf8'));

globalThis.Date = class extends RealDate {
  constructor(...given: [] | [string | number | Date]) {
    super(...((given.length === 0 ? [now()] : given) as [number]));
  }

  static override now(): number {
    return now();
  }
} as DateConstructor;
