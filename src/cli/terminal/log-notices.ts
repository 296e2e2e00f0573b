import * as z from 'zod';
import { duration } from '../../base/figures.ts';
import { inFlags } from '../arguments/option-words.ts';
import type { Notices } from './notices.ts';

/** The fields of log lines that sentences are made from. */
const entry = z.looseObject({
  msg: z.string(),
  level: z.number().catch(0),
  lane: z.string().catch(''),
  model: z.string().catch(''),
  fallback: z.string().catch(''),
  next: z.string().catch(''),
  reason: z.string().catch(''),
  code: z.string().catch(''),
  batchId: z.string().catch(''),
  tool: z.string().catch(''),
  path: z.string().catch(''),
  uri: z.string().catch(''),
  server: z.string().catch(''),
  source: z.string().catch(''),
  theirs: z.string().catch(''),
  version: z.string().catch(''),
  waitMs: z.number().catch(0),
  delayMs: z.number().catch(0),
  limit: z.number().catch(0),
  err: z.looseObject({ message: z.string().catch('') }).catch({ message: '' }),
});

type Entry = z.infer<typeof entry>;

/** Waits below this are not worth a sentence. */
const LEAST_WAIT_MS = 1_000;

/**
 * The log lines that a person at a terminal sees, by their message, each as one sentence.
 */
export const LOG_SENTENCES: Record<string, (entry: Entry) => string | undefined> = {
  'lane pauses after a refusal': ({ lane, waitMs }) =>
    waitMs < LEAST_WAIT_MS ? undefined : `${lane}: rate limited, waiting ${duration(waitMs / 1000)}.`,
  'lane stopped: every call fails': ({ lane, code }) =>
    `${lane}: ${FAULTS[code] ?? 'every call fails'}; one call at a time is tried until it answers.`,
  'lane given up': ({ lane }) => `${lane}: it does not answer, so nothing more is sent to it now.`,
  'model call is repeated': ({ model, code, delayMs }) =>
    FAULTS[code] === undefined
      ? undefined
      : `${model}: ${FAULTS[code]}; trying again${delayMs < LEAST_WAIT_MS ? '' : ` in ${duration(delayMs / 1000)}`}.`,
  'the model is replaced by its fallback': ({ model, fallback, reason }) =>
    `${fallback} answers instead of ${model}: ${reason}`,
  'the model is called through an inference profile': ({ model, next }) =>
    `${model} is called through the inference profile ${next}.`,
  'strict tools or structured output are refused; plain tools are sent from now on': ({ model }) =>
    `${model} refuses strict schemas: its answers are checked here instead.`,
  'the model writes fewer tokens; max_tokens is lowered': ({ model, limit }) =>
    `${model} writes at most ${limit} tokens: max_tokens is lowered to that.`,
  'the server reports no usage: its tokens are not counted': ({ server }) =>
    `${server} reports no usage: its tokens and cost are not counted.`,
  'a job was refused for its strict tools; the next has plain tools': () =>
    'The provider refuses strict schemas in a job: the next job is sent without, and answers are checked here.',
  'batch job was not read': ({ reason }) => `A provider job could not be read, trying again: ${reason}`,
  'it is not known whether a job was created': () =>
    'It is not known whether a provider job was created; the provider is asked before anything is sent again.',
  'a batch job is left': ({ reason }) => `A provider job is left at the provider: ${reason}`,
  'the database was not reached; it will be tried again': ({ uri, waitMs }) =>
    waitMs < LEAST_WAIT_MS ? undefined : `${uri} can’t be reached; trying again in ${duration(waitMs / 1000)}.`,
  'heartbeat failed; it will be retried': () => 'The store does not answer; trying again.',
  'another process locks the database; waiting for it': () => 'Another process locks the database; waiting for it.',
  'tool input is not checked before the call': ({ tool, reason }) =>
    `The input of the tool ${tool} is not checked before its calls: ${reason}`,
  'a tool result held half a character, replaced by U+FFFD': ({ tool }) =>
    `A result of the tool ${tool} held half a character, which was replaced by U+FFFD.`,
  'others may be able to read a file': ({ path }) => `Others may be able to read ${path}: set its mode to 0600.`,
  'proxies need Node 24.14 or newer: all calls are direct': () =>
    'The proxy is not used: it needs Node 24.14 or newer. All calls are direct.',
  'item of the registry is not an agent': ({ source, reason }) =>
    `${source} holds something that is no agent: ${reason}`,
  'the detached runner could not be started': ({ err }) =>
    `No process could be started to run the batch: ${err.message}. Run it here with rowmill batches resume.`,
  'no process could be started to drive the batch': ({ batchId, err }) =>
    `No process could be started to run ${batchId}: ${err.message}. Run it here with rowmill batches resume ${batchId}.`,
  'batches are no longer driven here': ({ err }) => `Batches are no longer run by this process: ${err.message}`,
  'batch stopped': ({ batchId, err }) => `The batch ${batchId} has stopped: ${err.message}`,
  'the store could not be read': () => 'The store could not be read.',
  'Redis of the fleet is not reachable': ({ reason }) =>
    `The Redis of the fleet can’t be reached: ${reason}. What is in progress waits for it.`,
  'Redis of the fleet is reachable again': () => 'The Redis of the fleet is reachable again.',
  'no worker takes the rows': () =>
    'The rows wait, and no worker takes them: start one with rowmill worker; rowmill workers shows who is there.',
  'a worker can not run the agent': ({ reason }) => `A worker can’t run the agent: ${reason}`,
  'this worker can not run the agent': ({ reason }) =>
    `This worker can’t run the agent, and gives its rows back: ${reason}`,
  'this worker has another version than a coordinator': ({ theirs, version }) =>
    `A coordinator has version ${theirs} and this worker ${version}: it gets no rows of it. Install the same version.`,
  'this worker has another key than a coordinator': () =>
    'A coordinator has another ROWMILL_WORKER_KEY than this worker, which gets no rows of it. Set the same key.',
  'a message of the fleet was refused': ({ reason }) => reason,
  'a message of a worker has another form': () => 'A message of a worker has another form, and was ignored.',
  'a chunk was left': ({ reason }) => `Rows were left to other workers: ${reason}`,
  'answers were kept': ({ reason }) => `Answers were not handed over, and are kept: ${reason}`,
  'a kept answer can not be read': ({ path }) => `A kept answer in ${path} can’t be read.`,
  'request failed': ({ err }) => `A request failed: ${err.message}`,
};

const FAULTS: Record<string, string> = {
  model_unreachable: 'it can’t be reached',
  model_timeout: 'it does not answer in time',
  model_overloaded: 'it is overloaded',
  model_server_error: 'it answers with server errors',
};

/** Warnings that a person does not see, because another part of the program shows what they report. */
export const SILENT_LINES: readonly string[] = [
  'a tool failed',
  'active time is not stored',
  'agent version is gone',
  'an event listener failed',
  'an event listener is slow; its oldest events are dropped',
  'an interrupted chat turn could not be finished',
  'batch continues in real time',
  'batch job was not cancelled',
  'batch step failed',
  'bodies were not pruned',
  'chat turn failed',
  'cleanup after driving a batch failed',
  'pruning and sweeping failed',
  'rows run in real time, at the full price',
  'the MCP connection did not close',
  'the write-ahead log was not merged into the database; the next opening does it',
];

/** From this level on, a line without a sentence of its own is shown as it is worded: pino's `warn`. */
const WARN = 40;

/** The destination of the log where a person reads it: lines become sentences, and JSON is never shown. */
export function noticesOfLog(notices: Notices): { write(line: string): void } {
  return {
    write(line) {
      const parsed = entry.safeParse(parsedLine(line));
      if (!parsed.success) return;
      const { msg, lane, batchId } = parsed.data;
      const text = sentenceOf(parsed.data);
      if (text !== undefined) notices.say(inFlags(text), `${msg} ${lane} ${batchId}`);
    },
  };
}

function sentenceOf(line: Entry): string | undefined {
  const { msg, level, reason, err } = line;
  const sentence = LOG_SENTENCES[msg];
  if (sentence !== undefined) return sentence(line);
  if (level < WARN || SILENT_LINES.includes(msg)) return undefined;
  const why = [reason, err.message].find((text) => text !== '');
  const text = `${msg.charAt(0).toUpperCase()}${msg.slice(1)}${why === undefined ? '' : `: ${why}`}`;
  return text.endsWith('.') ? text : `${text}.`;
}

function parsedLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
