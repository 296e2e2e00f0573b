import { afterEach, expect, it } from 'vitest';
import { traceLines } from '../../../src/cli/terminal/trace-text.ts';
import { say, startWorld, type World } from '../world.ts';

let world: World | undefined;
afterEach(() => world?.close());

it('the trace says how an answer in text was read, and the table has its fields alone', async () => {
  world = await startWorld({
    respond: (row) => (row['q'] === 'a' ? [{ type: 'text', text: 'Here: {"answer":"a!"}' }] : say({ answer: 'b!' })),
  });
  await world.write('table.csv', 'q\na\nb\n');
  const id = await world.start();
  const report = await world.runner.drive(id);
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 2 }, model_calls: 2 });
  expect((await world.read('out.csv')).split('\n').map((line) => line.split(',').slice(0, 3).join())).toEqual([
    'q,answer,_status',
    'a,a!,SUCCESS',
    'b,b!,SUCCESS',
    '',
  ]);
  const lines = async (row: number) => {
    const trace = await world?.runner.trace(id, row);
    return trace === undefined ? [] : traceLines(trace, { paint: (_style, text) => text, width: 100 });
  };
  expect(await lines(0)).toContainEqual('  read    the answer was text, not a tool call');
  expect((await lines(1)).join('\n')).not.toMatch(/^ {2}read/m);
});
