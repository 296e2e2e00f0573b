import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createGate, echo, startWorld, table, until, type World, type WorldOptions, words } from '../world.ts';

let world: World;
afterEach(() => world.close());

/** A batch of four rows, one at a time, whose second call is held until the gate opens. */
async function begin(respond: WorldOptions['respond'] = echo) {
  const gate = createGate();
  world = await startWorld({
    respond: async (row, context) => {
      if (context.number === 2) await gate.wait(context.signal);
      return respond(row, context);
    },
  });
  await world.write('table.csv', table(words(4)));
  const deadlines: (number | undefined)[] = [];
  const provider = await world.deps.provider('anthropic', {} as never);
  const spied: typeof provider = {
    ...provider,
    respond: (request, options) => {
      deadlines.push(options.timeoutMs);
      return provider.respond(request, options);
    },
  };
  const owner = await world.other({ provider: async () => spied });
  const id = await world.start({ concurrency: 1 });
  const driving = owner.drive(id);
  await until(() => gate.waiting() === 1, 'the second call in flight');
  const set = async (tuning: Parameters<typeof world.runner.set>[1]) => {
    const { options } = await world.runner.set(id, tuning);
    await world.heartbeat();
    gate.open();
    return options;
  };
  return { id, driving, deadlines, set };
}

test('another call_timeout_s holds for the calls that are sent after it', async () => {
  const { driving, deadlines, set } = await begin();
  expect(await set({ call_timeout_s: 7 })).toMatchObject({ call_timeout_s: 7, timeout_s: null, max_sends: null });
  expect(await driving).toMatchObject({ status: 'completed', counts: { succeeded: 4 } });
  expect(deadlines).toEqual([90_000, 90_000, 7000, 7000]);
});

test('another timeout_s holds for the rows that start after it, and their error names it', async () => {
  const { driving, deadlines, set } = await begin((row, { number, signal }) =>
    number < 3
      ? echo(row, {} as never)
      : new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new AppError('aborted', 'Cancelled.'))),
        ),
  );
  await set({ timeout_s: 0.02 });
  expect(await driving).toMatchObject({
    counts: { succeeded: 2, failed: 2 },
    failures: [
      { code: 'row_timeout', example: { message: expect.stringContaining('options.timeout_s is 0.02. Raise it') } },
    ],
  });
  // Three quarters of it are for one call.
  expect(deadlines).toEqual([90_000, 90_000, 15, 15]);
});

test('a lower max_sends ends the repeats of a call', async () => {
  const { driving, set } = await begin((row, { number }) => {
    if (number < 3) return echo(row, {} as never);
    throw new AppError('model_server_error', 'The server failed.', { retryable: true });
  });
  await set({ max_sends: 2 });
  expect(await driving).toMatchObject({ counts: { succeeded: 2, failed: 2 } });
  expect(world.sent).toHaveLength(6);
});
