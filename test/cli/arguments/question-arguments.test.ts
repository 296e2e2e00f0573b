import { describe, expect, it } from 'vitest';
import { questionOf } from '../../../src/cli/arguments/question-arguments.ts';

const field = (output: string) => questionOf({ prompt: '{a}', output: [output] })?.fields[0];

describe('--output', () => {
  it.each([
    ['topic', { name: 'topic', type: 'string' }],
    ['urgent:boolean', { name: 'urgent', type: 'boolean' }],
    ['n:integer?', { name: 'n', type: 'integer', nullable: true }],
    ['tags:string[]', { name: 'tags', type: 'string', list: true }],
    ['topic:very happy|sad', { name: 'topic', type: 'string', values: ['very happy', 'sad'] }],
    ['langs:(C#|Java)[]?', { name: 'langs', type: 'string', values: ['C#', 'Java'], list: true, nullable: true }],
    [
      'topic:a|b # which one: a or b',
      { name: 'topic', type: 'string', values: ['a', 'b'], description: 'which one: a or b' },
    ],
  ])('reads %s', (written, expected) => {
    expect(field(written)).toEqual(expected);
  });

  it.each([
    ['urgent:boolen', 'Did you mean boolean?'],
    ['urgent:bool', 'Did you mean boolean?'],
    ['topic:billing', 'words with | between them'],
    ['topic:a||b', 'is empty'],
    ['topic:a|a', 'twice'],
    ['result.csv', '--out'],
  ])('refuses %s with the fix', (written, message) => {
    expect(() => field(written)).toThrow(message);
  });
});

describe('a question', () => {
  it('needs both a prompt and fields', () => {
    expect(() => questionOf({ prompt: '{a}' })).toThrow('--output');
    expect(() => questionOf({ output: ['a'] })).toThrow('--prompt');
    expect(questionOf({})).toBeUndefined();
  });

  it('takes columns as media', () => {
    const asked = { prompt: 'Look', output: ['a'] };
    expect(questionOf({ ...asked, media: ['photo:image', 'a:b:pdf'] })).toMatchObject({
      media: { photo: 'image', 'a:b': 'pdf' },
    });
    expect(() => questionOf({ ...asked, media: ['photo:picture'] })).toThrow('column:kind');
    expect(() => questionOf({ media: ['photo:image'] })).toThrow('--prompt');
  });
});
