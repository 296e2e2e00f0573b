import { randomBytes } from 'node:crypto';

/** A new id. Ids are sortable by time: nine base-32 digits of milliseconds, then ten random ones. */
export function newId(prefix: string): string {
  const time = Date.now().toString(32).padStart(9, '0');
  const chance = [...randomBytes(10)].map((byte) => (byte % 32).toString(32)).join('');
  return `${prefix}_${time}${chance}`;
}
