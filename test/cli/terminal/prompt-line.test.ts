import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createNotices } from '../../../src/cli/terminal/notices.ts';
import { promptLine } from '../../../src/cli/terminal/prompt-line.ts';

/** What a terminal of some columns shows after what was written on it. */
function screenOf(written: string, columns: number): string[] {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read
  for (const [token, number = '', command] of written.matchAll(/\u001b\[(\d*)([A-Z])|[\s\S]/g)) {
    const count = Number(number === '' ? 1 : number);
    if (command === 'A') row = Math.max(0, row - count);
    else if (command === 'B') row += count;
    else if (command === 'C') column += count;
    else if (command === 'D') column = Math.max(0, column - count);
    else if (command === 'G') column = count - 1;
    else if (command === 'J') {
      lines.splice(row + 1);
      lines[row]?.splice(column);
    } else if (token === '\r') column = 0;
    else if (token === '\n') [row, column] = [row + 1, 0];
    else {
      if (column === columns) [row, column] = [row + 1, 0];
      while (lines.length <= row) lines.push([]);
      (lines[row] ?? [])[column] = token;
      column += 1;
    }
    while (lines.length <= row) lines.push([]);
  }
  return lines.map((line) => Array.from(line, (one) => one ?? ' ').join(''));
}

it.each([
  ['a short message', ['› where is it']],
  ['one that takes two rows', ['› where is it and when wi', 'll it come to me at last']],
])('a notice at an open prompt is written above it, and what was typed stays: %s', async (_what, shown) => {
  const columns = 25;
  const stdin = new PassThrough();
  const stdout = Object.assign(new PassThrough(), { columns, isTTY: true });
  let written = '';
  stdout.on('data', (chunk: Buffer) => {
    written += String(chunk);
  });
  const prompt = createInterface({ input: stdin, output: stdout, terminal: true });
  prompt.setPrompt('› ');
  prompt.prompt();
  prompt.write(shown.join('').slice(2));
  const notices = createNotices(stdout);
  notices.setLastLine(promptLine(prompt, stdout));
  notices.say('rate limited');
  notices.say('it answers again');
  expect(screenOf(written, columns)).toEqual(['rate limited', 'it answers again', ...shown]);
  prompt.close();
});
