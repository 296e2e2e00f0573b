import { compileExpression } from '../../src/expressions/expressions.ts';
import { HOSTILE_CALLS, HOSTILE_OPERATORS, hostileInput } from './hostile-expressions.ts';

// Runs in a process of its own, with a small heap: prints each expression when it starts and when it has ended.
const input = hostileInput();
for (const source of [...Object.values(HOSTILE_CALLS).flat(), ...HOSTILE_OPERATORS]) {
  process.stdout.write(`${JSON.stringify({ source })}\n`);
  const before = process.cpuUsage();
  const code = await compileExpression(source, 'it')
    .evaluate(input)
    .then(
      () => 'ok',
      (thrown: { code?: string }) => thrown.code ?? String(thrown),
    );
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${JSON.stringify({ source, code, cpuMs: Math.round((user + system) / 1000) })}\n`);
}
