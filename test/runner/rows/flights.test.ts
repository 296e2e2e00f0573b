import { expect, it } from 'vitest';
import { createFlights } from '../../../src/runner/rows/flights.ts';

const never = new AbortController().signal;

it('lets the first lead and tells the others that it has landed', async () => {
  const flights = createFlights();
  expect(await flights.join('a', never)).toBe('lead');
  const others = [flights.join('a', never), flights.join('a', never)];
  expect(await flights.join('b', never)).toBe('lead');
  flights.land('a', true);
  expect(await Promise.all(others)).toEqual(['landed', 'landed']);
  expect(await flights.join('a', never)).toBe('lead');
});

it('hands the lead to the one that has waited longest when the leader fails', async () => {
  const flights = createFlights();
  await flights.join('a', never);
  const [second, third] = [flights.join('a', never), flights.join('a', never)];
  flights.land('a', false);
  expect(await second).toBe('lead');
  flights.land('a', false);
  expect(await third).toBe('lead');
  flights.land('a', false);
  expect(await flights.join('a', never)).toBe('lead');
});

it('gives the lead to nobody who has gone', async () => {
  const flights = createFlights();
  await flights.join('a', never);
  const gone = new AbortController();
  const second = flights.join('a', gone.signal);
  const third = flights.join('a', never);
  gone.abort();
  flights.land('a', false);
  await expect(second).rejects.toMatchObject({ code: 'aborted' });
  expect(await third).toBe('lead');
});

it('refuses to wait when the work is cancelled already', async () => {
  const flights = createFlights();
  await flights.join('a', never);
  await expect(flights.join('a', AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
});
