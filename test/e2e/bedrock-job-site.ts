import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { WireRequest } from '../support/messages-wire.ts';
import { bedrockBatchFormat } from '../support/providers/batch-bedrock.ts';
import { type BatchServer, startBatchServer } from '../support/providers/batch-server.ts';
import { bedrockFormat } from '../support/providers/bedrock-format.ts';
import { startTestS3 } from '../support/s3.ts';
import { createSite, type Site } from './rowmill-process.ts';

export const MODEL = 'us.anthropic.claude-haiku-5-5-v1:0';
/** The columns that the job's schema adds. */
export const ADDED = ['stars', 'topic', 'status', 'error', 'validation_passed', 'parse_status'].map(
  (name) => `llm_${name}`,
);

/** A folder as a processing job finds it, the command in it, and a Bedrock on the wire. */
export interface JobSite {
  site: Site;
  server: BatchServer;
  base: string;
  /** Writes a file below `input/`. */
  put(path: string, content: string | Uint8Array | object): Promise<void>;
  /** The text of a file below `output/`, unzipped. */
  read(path: string): Promise<string>;
  /** The command for this folder. */
  args(jobType: string, ...more: string[]): string[];
  /** The first message of every request that was answered in real time. */
  asked(): string[];
  close(): Promise<void>;
}

/** Judges reviews: `bad` ones never as it should. */
function judge(said: string): string {
  return said.includes('bad') ? '{"stars": "many"}' : '```json\n{"stars": 4, "topic": "tools"}\n```';
}

const textOf = ({ messages }: WireRequest) => JSON.stringify(messages[0]?.content);

/** @param answerTo what the model says to a record's first message */
export async function openJobSite(
  variables: Record<string, string> = {},
  answerTo: (said: string) => string = judge,
): Promise<JobSite> {
  const s3 = await startTestS3();
  const server = await startBatchServer({
    lastsMs: 100,
    polls: Number.POSITIVE_INFINITY,
    realtime: bedrockFormat,
    createFormat: (jobs) => bedrockBatchFormat(jobs, s3),
    respond: (request) => {
      const text = answerTo(textOf(request));
      return { content: [{ type: 'text', text }], usage: { input_tokens: 10, output_tokens: 5 } };
    },
  });
  const site = await createSite('agents: []\n', {
    AWS_ACCESS_KEY_ID: 'AKTEST',
    AWS_SECRET_ACCESS_KEY: 'SKTEST',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_BEDROCK: server.url,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
    AWS_ENDPOINT_URL_S3: String(s3.options.endpoint),
    BEDROCK_PRIMARY_MODEL_ID: MODEL,
    BEDROCK_BATCH_ROLE_ARN: 'arn:aws:iam::123456789012:role/batch',
    BEDROCK_BATCH_INPUT_S3_PATH: `s3://${s3.bucket}/in/`,
    BEDROCK_BATCH_OUTPUT_S3_PATH: `s3://${s3.bucket}/out/`,
    ROWMILL_BATCH_POLL_SECONDS: '0.05',
    USE_SECURE_PYPI: 'true',
    ...variables,
  });
  const base = join(site.folder, 'processing');
  const put: JobSite['put'] = async (path, content) => {
    const file = join(base, 'input', path);
    await mkdir(dirname(file), { recursive: true });
    const isBytes = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(file, isBytes ? content : JSON.stringify(content));
  };
  await put('templates/prompts.json', {
    system_prompt: 'You judge reviews.',
    user_prompt_template: 'Review: {review}\nShop: {shop}\nAnswer as {"stars": 1}.',
    input_placeholders: ['review', 'shop'],
  });
  await put('schema/validation_schema_v1.json', {
    type: 'object',
    properties: { stars: { type: 'integer' }, topic: { type: 'string' } },
    required: ['stars'],
  });
  return {
    site,
    server,
    base,
    put,
    read: async (path) => {
      const bytes = await readFile(join(base, 'output', path));
      return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    },
    args: (jobType, ...more) => ['bedrock-processing', '--job_type', jobType, '--base', base, ...more],
    asked: () => server.realtime.map(textOf),
    close: async () => {
      await site.close();
      await server.close();
      await s3.close();
    },
  };
}

/** A table of reviews, of which number 3 is bad. */
export function reviews(count: number, separator: string): string {
  return [
    'id,review,shop',
    ...Array.from({ length: count }, (_, row) => `${row},${row === 3 ? 'bad' : 'fine'} ${row},s`),
  ]
    .join('\n')
    .replaceAll(',', separator);
}
