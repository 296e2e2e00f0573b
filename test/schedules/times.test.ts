import { expect, test } from 'vitest';
import { timesOf } from '../../src/schedules/times.ts';

const iso = (cron: string, from: string, count: number, zone: string | null = 'Europe/Berlin') =>
  timesOf(cron, zone)
    .following(Date.parse(from), count)
    .map((time) => new Date(time).toISOString().slice(0, 16));

test('a time that the start of summer time skips comes when the clock has moved on, once', () => {
  expect(iso('30 2 * * *', '2026-03-27T12:00Z', 4)).toEqual([
    ...['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30', '2026-03-31T00:30'],
  ]);
});

test('a time that the end of summer time repeats comes once, also when its day is looked at in between', () => {
  const nights = ['2026-10-25T00:30', '2026-10-26T01:30', '2026-10-27T01:30'];
  expect(iso('30 2 * * *', '2026-10-24T12:00Z', 3)).toEqual(nights);
  expect(iso('30 2 * * *', '2026-10-25T00:45Z', 2)).toEqual(nights.slice(1));
  expect(iso('30 2 * * *', '2026-10-25T01:15Z', 2)).toEqual(nights.slice(1));
});

test('an hourly time goes on through both', () => {
  expect(iso('0 * * * *', '2026-10-24T23:30Z', 4)).toEqual([
    ...['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00', '2026-10-25T03:00'],
  ]);
  expect(iso('0 * * * *', '2026-03-28T23:30Z', 3)).toEqual([
    ...['2026-03-29T00:00', '2026-03-29T01:00', '2026-03-29T02:00'],
  ]);
});

test.each([
  ['61 * * * *', null, 'cron', 'Invalid value for minute: 61.'],
  ['0 2 * *', null, 'cron', 'has 4 parts, not five'],
  ['0 2 * * XYZ', null, 'cron', 'entry 5 (XYZ)'],
  ['*/5 * * * * *', null, 'cron', 'has 6 parts, not five'],
  ['0 2 31 2 *', null, 'cron', 'never comes'],
  ['tonight', 'UTC', 'cron', 'Write minute, hour'],
  ['0 2 * * *', 'Mars/Base', 'time_zone', '"Mars/Base" is not a time zone'],
])('refuses "%s" in %s with the place %s', (cron, zone, place, told) => {
  let thrown: unknown;
  try {
    timesOf(cron, zone).next(0);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    code: 'invalid_arguments',
    faults: [{ place, message: expect.stringContaining(told) }],
  });
});
