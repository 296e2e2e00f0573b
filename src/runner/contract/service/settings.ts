import * as z from 'zod';

/** The settings of a server, without secrets. */
export const settings = z.object({
  version: z.string().describe('The version of the server.'),
  notice: z
    .string()
    .nullable()
    .describe('A sentence to show on every page, such as that scripts replace the models; null: there is none.'),
  default_mode: z.enum(['auto', 'batch', 'realtime']).describe('How rows run where a request names no mode.'),
  providers: z
    .array(
      z.object({
        name: z.string().describe('As agents write it.'),
        configured: z.boolean().describe('Whether its models can be called.'),
        missing: z.string().nullable().describe('What has to be set before; null when nothing is missing.'),
        default_model: z.string().nullable().describe('The model of a question that names none.'),
        batch_api: z.boolean().describe('Whether it has a batch API with a known price.'),
      }),
    )
    .describe('The providers, in the order in which a model is chosen.'),
  limits: z
    .object({
      confirm_above_usd: z.number().describe('What may be started in an hour without a yes, in dollars.'),
      max_usd_per_day: z.number().nullable().describe('The cap of a day, in dollars; null: there is none.'),
      upload_max_bytes: z.number().describe('The size of one upload.'),
      uploads_total_bytes: z.number().describe('The size of all uploads together.'),
      uploads_keep_days: z.number().describe('When an unused upload expires.'),
      max_decoded_bytes: z.number().describe('The size of a compressed table, unpacked.'),
    })
    .describe('What requests may do.'),
  agent_sources: z.array(z.string()).describe('Where agents come from.'),
  fleet: z.boolean().describe('Whether there is a fleet: ROWMILL_REDIS_URL names the Redis of its workers.'),
  callback_hosts: z.array(z.string()).describe('The hosts that may receive results.'),
  http_sources: z.array(z.string()).describe('The hosts on private networks from which tables may be read.'),
});

/** The settings of a process; a face adds its notice. */
export type Settings = Omit<z.infer<typeof settings>, 'notice'>;

const perMillion = (what: string) => z.number().nullable().describe(`${what}, in dollars per million tokens.`);
const ofTokens = z.object({
  input: perMillion('Input'),
  output: perMillion('Output'),
  cache_write: perMillion('Input that is written to the cache of the provider'),
  cache_read: perMillion('Input that is read from that cache'),
});

/** A model whose price is asked for. */
export const pricedModel = z
  .string()
  .max(300)
  .regex(/^[a-z][a-z0-9-]*\/.+$/, 'must be provider/model');

/** What a model costs. */
export const modelPrice = z.object({
  model: z.string().describe('As provider/model.'),
  known: z.boolean().describe('Whether its price is known. Caps hold for models with a known price only.'),
  realtime: ofTokens.nullable().describe('In real time; null when unknown.'),
  batch: ofTokens.nullable().describe('By the batch API of the provider; null when unknown, or there is none.'),
});

export type ModelPrice = z.infer<typeof modelPrice>;
