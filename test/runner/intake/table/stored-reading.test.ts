import { afterEach, expect, test } from 'vitest';
import { say, startWorld, type World } from '../../world.ts';

let world: World;
afterEach(() => world.close());

const NUMBER = { type: 'object', properties: { q: { type: 'number' } }, required: ['q'] };

test('a number with a decimal comma reaches a numeric field as that number, and its cell keeps its text', async () => {
  world = await startWorld({ respond: () => say({ answer: 'x' }), agent: { input: NUMBER } });
  await world.write('table.csv', 'id;q\n1;1.234,50\n2;7,25\n3;seven\n');
  const id = await world.start({}, { reading: { decimal_comma: true } });
  expect(await world.runner.drive(id)).toMatchObject({
    counts: { succeeded: 2, failed: 1 },
    failures: [{ code: 'input_invalid', example: { row: 2 } }],
  });
  expect(world.sent).toEqual([{ q: 1234.5 }, { q: 7.25 }]);
  expect(await world.read('out.csv')).toContain('\n1,"1.234,50",x,SUCCESS,');
});

test('a batch is loaded as its table was read when it was planned, whatever would be detected now', async () => {
  world = await startWorld({ respond: () => say({ answer: 'x' }) });
  await world.write('table.csv', 'q;n\none;1\ntwo;2\n');
  const id = await world.start();
  await world.write('table.csv', 'q;n,x,y\none;1,2,3\ntwo;1,2,3\n');
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed' });
  expect(world.sent).toEqual([{ q: 'one' }, { q: 'two' }]);
});
