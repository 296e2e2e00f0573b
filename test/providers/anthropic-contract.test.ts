import { createSilentLog } from '../../src/log.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic.ts';
import { testProvider } from '../contracts/provider.ts';
import { messagesFormat } from '../support/providers/messages-format.ts';

testProvider('Anthropic', {
  format: messagesFormat,
  model: 'claude-haiku-5-5',
  create: (baseUrl) => createAnthropicProvider({ apiKey: 'key-1', baseUrl, log: createSilentLog() }),
});
