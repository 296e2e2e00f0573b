import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { describeProvider } from '../descriptor.ts';

/** A server that runs an agent. `url` and `headers` may hold `${NAME}` environment references. */
const target = z.strictObject({
  type: z.literal('http'),
  url: z.string().regex(/^https?:\/\/[^\s/]/i, 'must be a URL that begins with http:// or https://'),
  headers: z.record(z.string(), z.string()).default({}),
});

/** Agents that a server runs: each row is a POST. */
export const httpAgent = describeProvider({
  name: 'http-agent',
  target: { type: 'http', settings: target, modelOf: (given) => target.parse(given).url },
  environment: {},
  prices: { source: 'unknown' },
  sdks: [],
  async open({ target: given }, { variable, proxy }) {
    if (given === undefined)
      throw new AppError('agents_invalid', 'A remote agent is written as target: {type: http, url: …}.');
    const { createHttpAgentProvider } = await import('./http-agent-provider.ts');
    return createHttpAgentProvider({ ...target.parse(given), variable, proxy });
  },
  openBatch: async () => 'a remote agent has no batch API',
});
