import { expect, test } from 'vitest';
import { checkOutputMapping, compileOutput, layoutOutput } from '../../../src/runner/rows/transform-output.ts';

const SCHEMA = { type: 'object', properties: { speed: { type: 'number' }, place: { type: 'object' } } };

test('lays out every declared field, the further columns and the status columns, in this order', () => {
  const layout = layoutOutput(['q'], SCHEMA, { columns: { fast: '{% output.speed > 10 %}' } });
  expect(layout.headers).toEqual(['speed', 'place', 'fast', '_status', '_processing_time', '_error']);
  expect(layout.warnings).toEqual([]);
});

test('a field with a name that every object inherits keeps its name', () => {
  const properties = { constructor: { type: 'string' }, toString: { type: 'string' } };
  const { headers } = layoutOutput(['driver'], { type: 'object', properties }, {});
  expect(headers.slice(0, 2)).toEqual(['constructor', 'toString']);
});

test('picks fields in the order asked for', () => {
  const layout = layoutOutput([], SCHEMA, { structured_output_fields: ['place'] });
  expect(layout.fields).toEqual([{ field: 'place', header: 'place' }]);
});

test('a taken name gets the suffix _result, again and again, and is told', () => {
  const layout = layoutOutput(['speed', 'speed_result', '_error'], SCHEMA, { columns: { place: '{% 1 %}' } });
  expect(layout.headers).toEqual([
    'speed_result_2',
    'place',
    'place_result',
    '_status',
    '_processing_time',
    '_error_result',
  ]);
  expect(layout.warnings).toHaveLength(3);
  expect(layout.warnings[0]).toContain('"speed_result_2"');
});

test('names every reason at once', () => {
  const problems = checkOutputMapping(
    {
      structured_output_fields: ['sped', 'place', 'place', 'zzzzzz'],
      columns: { a: 'b', c: '{% ( %}' },
    },
    SCHEMA,
  );
  expect(problems.map((problem) => problem.code)).toEqual([
    'field_unknown',
    'field_unknown',
    'mapping_invalid',
    'expression_invalid',
    'expression_invalid',
  ]);
  expect(problems[0]?.message).toContain('did you mean "speed"?');
  expect(problems[1]?.message).toContain('its fields are speed, place');
});

test('evaluates further columns over row and output', async () => {
  const transform = compileOutput({ columns: { both: "{% row.q & ' at ' & output.speed %}", none: '{% row.zzz %}' } }, [
    'q',
  ]);
  expect(await transform(['A'], { speed: 5 })).toEqual({
    structured: { speed: 5 },
    columns: { both: 'A at 5', none: null },
  });
});

test('an expression that fails rejects for its row', async () => {
  const transform = compileOutput({ columns: { n: '{% $number(row.q) %}' } }, ['q']);
  await expect(transform(['x'], {})).rejects.toMatchObject({ code: 'expression_failed' });
  expect((await transform(['7'], {})).columns).toEqual({ n: 7 });
});

test('added columns take other headers, and are left out where that is null', () => {
  const rename = { speed: 'llm_speed', _status: 'llm_status', _processing_time: null, place: null };
  const layout = layoutOutput(['q', 'llm_status'], SCHEMA, { metadata: ['_validation_passed'], rename });
  expect(layout.headers).toEqual(['llm_speed', '_validation_passed', 'llm_status_result', '_error']);
  expect(layout.fields).toEqual([{ field: 'speed', header: 'llm_speed' }]);
  const problems = checkOutputMapping({ rename: { sped: 'x', _error: '' } }, SCHEMA);
  expect(problems.map(({ code }) => code)).toEqual(['field_unknown', 'mapping_invalid']);
  expect(problems[0]?.message).toContain('did you mean "speed"?');
});

test('a status column that is named among the metadata stands there', () => {
  const metadata = ['_outcome', '_error', '_parse_status'] as const;
  const layout = layoutOutput(['q'], SCHEMA, { metadata: [...metadata], rename: { _processing_time: null } });
  expect(layout.headers).toEqual(['speed', 'place', '_outcome', '_error', '_parse_status', '_status']);
});
