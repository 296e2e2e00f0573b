import { describe, expect, it } from 'vitest';
import { fillPrompt } from '../../../../src/protocol/prompt-template.ts';
import { promptColumns } from '../../../../src/runner/intake/table/prompt-columns.ts';

function fill(prompt: string, row: Record<string, string>): string {
  const { user, placeholders } = promptColumns(prompt, Object.keys(row));
  return fillPrompt({ user, placeholders }, row, 1000);
}

describe('the placeholders of a question', () => {
  it.each([
    ['{message}', 'late'],
    ['{{message}} and {{ message }}', 'late and late'],
    ['{Straße Nr. 1}', '7'],
    ['{odd: "name"} of {message}', 'x of late'],
    ['{message} as {"topic": 1} or {}', 'late as {"topic": 1} or {}'],
    ['{message} \\{literal}', 'late {literal}'],
    ['{message} ${HOME} ${ANTHROPIC_API_KEY}', 'late ${HOME} ${ANTHROPIC_API_KEY}'],
  ])('fills %s', (prompt, filled) => {
    expect(fill(prompt, { message: 'late', 'Straße Nr. 1': '7', 'odd: "name"': 'x' })).toBe(filled);
  });

  it('never reads a placeholder out of a cell', () => {
    expect(fill('{a} {b}', { a: '{b}', b: '{a}' })).toBe('{b} {a}');
  });

  it('refuses a prompt without placeholders, and names the columns', () => {
    expect(() => promptColumns('Topic?', ['message', 'id'])).toThrow(/\{message\}, \{id\}/);
  });

  it('refuses a text in braces that is a placeholder too', () => {
    expect(() => promptColumns('{message} \\{message}', [])).toThrow(/both as the placeholder/);
  });
});
