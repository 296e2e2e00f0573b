import { createSilentLog } from '../../../src/base/log.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';
import { testNativeAnswers } from '../../contracts/native-answers.ts';
import { type ProviderBench, testProvider } from '../../contracts/provider.ts';
import { messagesFormat } from '../../support/providers/messages-format.ts';

const bench: ProviderBench = {
  format: messagesFormat,
  model: 'claude-haiku-5-5',
  create: (baseUrl) => createAnthropicProvider({ apiKey: 'key-1', baseUrl, log: createSilentLog() }),
};

testProvider('Anthropic', bench);
testNativeAnswers('Anthropic', bench);
