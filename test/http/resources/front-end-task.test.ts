import { expect, it } from 'vitest';
import { isFrontEndTask } from '../../../src/http/resources/chat/front-end-task.ts';

const chat = '### Chat History:\n<chat_history>\nUSER: Hi\nASSISTANT: Hello\n</chat_history>';

it.each([
  ['a title of Open WebUI', `### Task:\nGenerate a concise, 3-5 word title with an emoji.\n${chat}`],
  ['tags of Open WebUI', `### Task:\nGenerate 1-3 broad tags categorizing the main themes.\n${chat}`],
  ['follow-ups of Open WebUI', `### Task:\nSuggest 3-5 relevant follow-up questions.\n${chat}`],
  ['queries of Open WebUI', `### Task:\nAnalyze the chat history to determine the necessity of queries.\n${chat}`],
  ['a completion of Open WebUI', '### Task:\nYou are an autocompletion system. Continue the text in `<text>`.'],
  [
    'a title of LibreChat',
    'Provide a concise, 5-word-or-less title for the conversation, using title case conventions. Only return the title itself.\n\nConversation:\nUser: Hi',
  ],
  ['a title and language of LibreChat', 'Analyze this conversation and provide:\n1. The detected language'],
])('knows %s', (_, text) => {
  expect(isFrontEndTask([{ role: 'user', text }])).toBe(true);
});

it.each([
  ['documents of Open WebUI', '### Task:\nRespond to the user query using the provided context.\n<chat_history>'],
  ['a person who writes of a title', 'Generate a title for every row of books.csv'],
  ['a person who names a task', '### Task:\nCheck broadband for every address in a.csv'],
])('takes %s as a message of the person', (_, text) => {
  expect(isFrontEndTask([{ role: 'user', text }])).toBe(false);
});

it('takes a request with a history as a message of the person', () => {
  const history = [
    { role: 'user' as const, text: `### Task:\nGenerate a title.\n${chat}` },
    { role: 'assistant' as const, text: 'Hello' },
    { role: 'user' as const, text: 'And now check a.csv.' },
  ];
  expect(isFrontEndTask(history)).toBe(false);
});
