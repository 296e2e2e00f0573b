import { describeProvider } from '../descriptor.ts';
import { scriptedMedia } from './scripted-media.ts';
import { STAND_IN } from './stand-in.ts';

/** YAML scripts that stand in for a model. */
export const scripted = describeProvider({
  name: 'scripted',
  models: /\.ya?ml$/,
  standIn: STAND_IN,
  media: scriptedMedia,
  environment: {},
  prices: { source: 'free' },
  sdks: [],
  async open(_model, { log }) {
    const { createScriptedProvider } = await import('./scripted-provider.ts');
    return createScriptedProvider({ log });
  },
  openBatch: async () => 'a script that stands in for a model has no batch API',
});
