import { expect, test } from 'vitest';
import { cronInWords } from '../../src/schedules/cron-words.ts';
import { timesOf } from '../../src/schedules/times.ts';

test.each([
  ['0 2 * * *', 'At 02:00 every day'],
  ['30 6,18 * * 1-5', 'At 06:30 and 18:30, Monday to Friday'],
  ['0 9 * * MON,thu', 'At 09:00 on Monday and Thursday'],
  ['0 9 * * 7', 'At 09:00 on Sunday'],
  ['0 0 1 * *', 'At 00:00 on the 1st of each month'],
  ['15 4 1,15 6-8 *', 'At 04:15 on the 1st and 15th of June to August'],
  ['0 2 13 * 5', 'At 02:00 on the 13th of the month, and on each Friday'],
  ['0 2 1-7 JAN *', 'At 02:00 on the 1st to the 7th of January'],
  ['0 2 */2 * *', 'At 02:00 on every 2nd day of each month'],
  ['0 * * * *', 'Every hour'],
  ['5,35 * * * *', 'Every hour at :05 and :35'],
  ['0 */6 * * *', 'Every 6 hours'],
  ['0 9-17 * * 1-5', 'Every hour from 09 to 17, Monday to Friday'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['*/15 9-17 * * *', 'Every 15 minutes from 09:00 to 17:59'],
  ['* * * 12 *', 'Every minute in December'],
  ['*/10 3 * * *', 'Every 10 minutes of the hour from 03:00'],
  ['@daily', 'At 00:00 every day'],
  ['@weekly', 'At 00:00 on Sunday'],
  ['@hourly', 'Every hour'],
])('%s is "%s"', (cron, words) => {
  expect(() => timesOf(cron, 'UTC').next(0)).not.toThrow();
  expect(cronInWords(cron)).toBe(words);
});

test.each(['0 2 L * *', '0 2 * * 5#2', '0-30/5 2 * * *', '0 2 15W * *', '0 2 * * 5L'])('%s has no words', (cron) => {
  expect(() => timesOf(cron, 'UTC').next(0)).not.toThrow();
  expect(cronInWords(cron)).toBeNull();
});
