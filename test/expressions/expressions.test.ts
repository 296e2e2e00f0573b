import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { compileExpression, isExpression } from '../../src/expressions/expressions.ts';

const evaluate = (source: string, input: unknown = {}, bindings?: Record<string, unknown>) =>
  compileExpression(source, 'the test').evaluate(input, bindings);

async function fault(promise: Promise<unknown>): Promise<AppError> {
  const thrown = await promise.then(
    (value) => new Error(`no error, but ${JSON.stringify(value)?.slice(0, 80)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw thrown;
  return thrown;
}

function invalid(source: string): AppError {
  try {
    compileExpression(source, 'input_mapping.address');
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the expression was accepted');
}

describe('isExpression', () => {
  it('takes only text that is delimited as a whole', () => {
    expect(isExpression('{% a.b %}')).toBe(true);
    expect(isExpression('  {%\n a \n%}\n')).toBe(true);
    expect(isExpression('a.b')).toBe(false);
    expect(isExpression('say {% a %}')).toBe(false);
    expect(isExpression('{% a')).toBe(false);
  });
});

describe('evaluate', () => {
  it('gives the value with and without delimiters', async () => {
    expect(await evaluate('{% street & ", " & town %}', { street: '1 High St', town: 'Ely' })).toBe('1 High St, Ely');
    expect(await evaluate('$uppercase(a)', { a: 'x' })).toBe('X');
  });

  it('binds variables', async () => {
    expect(await evaluate('$row.a + $output.b', {}, { row: { a: 1 }, output: { b: 2 } })).toBe(3);
  });

  it('leaves undefined undefined and null null', async () => {
    expect(await evaluate('nothing')).toBeUndefined();
    expect(await evaluate('a', { a: null })).toBeNull();
  });

  it('gives plain arrays and objects without flags of JSONata', async () => {
    const value = await evaluate('{"all": items.name, "same": $, "none": nothing}', {
      items: [{ name: 'a' }, { name: 'b' }],
    });
    expect(value).toEqual({ all: ['a', 'b'], same: { items: [{ name: 'a' }, { name: 'b' }] } });
    expect(Object.keys((value as { all: object }).all)).toEqual(['0', '1']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('keeps evaluations of one expression apart', async () => {
    const expression = compileExpression('$map([1..50], function($i){ $$.n * $i })[49]', 'the test');
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => expression.evaluate({ n })));
    expect(results).toEqual(Array.from({ length: 20 }, (_, n) => n * 50));
  });

  it('names the place, the position and the reason when it fails', async () => {
    const error = await fault(evaluate('a + "b"', { a: 1 }));
    expect(error.code).toBe('expression_failed');
    expect(error.message).toMatch(/^the test failed at character 3: .*right side/);
  });

  it('refuses a function as the value', async () => {
    expect((await fault(evaluate('$now'))).message).toContain('its value is a function');
  });

  it.each([
    ['$match(a, /[0-9]+/).match', { a: 'x12y345' }, ['12', '345']],
    ['$replace(a, /(\\w+) (\\w+)/, "$2 $1")', { a: 'hello world' }, 'world hello'],
    ['$contains(a, /HELLO/i)', { a: 'Hello' }, true],
    ['$split(a, /[,;] */)', { a: 'a, b;c' }, ['a', 'b', 'c']],
    ['$match(a, /a(x)?(b)/).groups', { a: 'ab' }, [null, 'b']],
    ['$match(a, /^b$/m).index', { a: 'a\nb\nc' }, 2],
    ['$contains(a, /é+\\u00e9/)', { a: 'caféé' }, true],
    ['$replace(a, /\\s+/, " ")', { a: 'a\u00a0\u2003b\tc' }, 'a b c'],
    ['$match(a, /\\S+/).match', { a: 'a\u00a0b' }, ['a', 'b']],
    ['$contains(a, /^[\\s\\d]+$/)', { a: '01632\u00a0960' }, true],
    ['$replace(a, /^a/, "b")', { a: 'aaa' }, 'baa'],
    ['$match(a, /a/).index', { a: '😀a😀a' }, [2, 5]],
    ['$distinct(a)', { a: [1, '1', 1, { x: 1, y: 2 }, { y: 2, x: 1 }] }, [1, '1', { x: 1, y: 2 }]],
    ['$pad("x", 3, "-")', {}, 'x--'],
    ['$map(a, $uppercase)', { a: ['a', 'b'] }, ['A', 'B']],
    ['$reduce(a, function($x, $y){ $x & $y })', { a: ['a', 'b', 'c'] }, 'abc'],
    ['($f := $replace(?, "a", "b"); $f("banana"))', {}, 'bbnbnb'],
    ['a ~> $trim ~> $uppercase', { a: ' x ' }, 'X'],
    ['$ ~> |a|{"b": 2}|', { a: { b: 1 } }, { a: { b: 2 } }],
    ['$string({"a":[1]}, true)', {}, '{\n  "a": [\n    1\n  ]\n}'],
    ['$toMillis("21 November 2026", "[D] [MNn] [Y]")', {}, Date.UTC(2026, 10, 21)],
    ['$fromMillis(0, "[Y0001]-[M01]-[D01]")', {}, '1970-01-01'],
    ['$sort(a, function($x, $y){ $x > $y })', { a: [3, 1, 2] }, [1, 2, 3]],
    ['$sum(a.n)', { a: [{ n: 1 }, { n: 2 }] }, 3],
  ])('keeps %s as JSONata has it', async (source, input, expected) => {
    expect(await evaluate(source, input)).toEqual(expected);
  });
});

describe('compileExpression', () => {
  it('refuses what does not parse, with place and position', () => {
    const error = invalid('{% a + %}');
    expect(error.code).toBe('expression_invalid');
    expect(error.message).toMatch(/^input_mapping\.address is not valid JSONata at character \d+: /);
  });

  it.each([
    ['', 'empty'],
    ['{%  %}', 'empty'],
    ['('.repeat(19_000), 'not valid JSONata'],
    ['$match(a, /(a)\\1/)', 'linear time'],
    ['$match(a, /a(?=b)/)', 'linear time'],
    ['$match(a, /(?<!x)b/)', 'linear time'],
  ])('refuses %.40s', (source, reason) => {
    const error = invalid(source);
    expect(error.code).toBe('expression_invalid');
    expect(error.message).toContain(reason);
  });

  it('refuses what is too long, with the limit', () => {
    const { code, message } = invalid(`"${'x'.repeat(20_001)}"`);
    expect([code, message]).toEqual(['limit_exceeded', expect.stringContaining('at most 20000 are allowed')]);
  });
});

describe('guards', () => {
  it.each([
    ['endless recursion', '($f := function($x){ 1 + $f($x) }; $f(1))', /stack|depth/i],
    ['an endless tail call', '($f := function($x){ $f($x + 1) }; $f(1))', /longer than 1000 ms/],
    ['a huge range', '[1..9000000]', /sequence length/],
    ['$pad', '$pad("x", 3e8)', /\$pad/],
    ['$pad with long padding', '$pad("x", 2e6, "long padding")', /\$pad/],
    ['$eval', '$eval("1")', /not available/],
    [
      'a date picture that tries every split',
      '$toMillis("1111111111111111111111111111", "[Y][M][D][H][m][s][f][W][w]")',
      /picture/,
    ],
    ['a long formatting picture', '$formatNumber(1, $pad("0", 100000, "0,"))', /picture/],
    [
      'values that grow in place after they were measured',
      '($m := {"x": 1} ~> |$|{"x": $pad("y", 1900000)}|; [$m, $m])',
      /more than 2000000 characters/,
    ],
    ['indentation', '$string([1..20000], true)', /indents/],
  ])('stop %s', async (_name, source, reason) => {
    const before = process.cpuUsage();
    const error = await fault(evaluate(source));
    expect(error.code).toBe('expression_failed');
    expect(error.message).toMatch(reason);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(5_000_000);
  });

  it('run a catastrophic pattern in linear time', async () => {
    const startedAt = performance.now();
    expect(await evaluate('$contains(a, /^(a+)+$/)', { a: `${'a'.repeat(50_000)}!` })).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('stop a quadratic loop of searches', async () => {
    const error = await fault(evaluate('$replace(a, /a.*z|a/, "b")', { a: 'a'.repeat(400_000) }));
    expect(error.message).toContain('took longer');
  });

  it.each(['"".constructor', '$string.implementation.constructor', '$lookup("x", "constructor")', 'a.__proto__'])(
    'give nothing of Node away for %s',
    async (source) => {
      expect(await evaluate(source, { a: {} })).toBeUndefined();
    },
  );

  it('do not let a key named __proto__ reach a prototype', async () => {
    const value = await evaluate('{"__proto__": {"polluted": true}}');
    expect(Object.getOwnPropertyNames(value)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['doubling a string', '$reduce([1..60], function($a, $b){ $a & $a }, "0123456789")'],
    ['doubling by a built-in function', '$reduce($map([1..60], function($i){"a"}), $replace(?, ?, "aa"))'],
    ['doubling an array of arrays', '$reduce([1..60], function($a, $b){ [[$a], [$a]] }, "0123456789")'],
    ['writing out shared parts', '$string($reduce([1..40], function($a, $b){ {"l": $a, "r": $a} }, "0123456789"))'],
    [
      'keeping many large strings',
      '($big := $pad("x", 1900000); $count($map([1..20000], function($i){ $uppercase($big & $i) })))',
    ],
    ['keeping many ranges', '$count($map([1..20000], function($i){ [[1..50000]] }))'],
    ['joining with a long separator', '$join($map([1..20000], function($i){ "" }), $pad("x", 1000000))'],
    ['a cycle', '$reduce([1..40], function($a, $b){ $a ~> |$|{"x": [$, $]}| }, {"x": 1})'],
    ['$pad', '$pad("x", 3e8)'],
  ])('survive %s in a process with a heap of 200 MB', async (_name, source) => {
    const script = `
      import { compileExpression } from './src/expressions/expressions.ts';
      compileExpression(process.argv[1], 'attack').evaluate({}).then(
        () => console.log('no error'), (error) => console.log(error.code, error.message));`;
    const child = spawn(process.execPath, ['--max-old-space-size=200', '--input-type=module', '-e', script, source]);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(output).toMatch(/^expression_failed attack failed/);
    expect(status).toBe(0);
  });
});
