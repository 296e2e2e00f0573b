import { stat } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { readRegularFile } from '../../base/process/read-regular-file.ts';
import { describeZodError } from '../../base/schema/schema.ts';
import { compileTemplate, type Template } from './template.ts';

const stopReason = z.enum([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
]);

const matchers = z.strictObject({
  /** The person's latest words hold this text, case is ignored. */
  user: z.string().min(1).optional(),
  /** Model answers since the person's latest words: 0 right after them. */
  step: z.int().nonnegative().optional(),
  /** Model answers since the start. */
  turn: z.int().nonnegative().optional(),
  /** The last message holds a result of this tool. */
  last_tool: z.string().min(1).optional(),
  /** The model is offered this tool. */
  offered: z.string().min(1).optional(),
});

const rule = z.strictObject({
  when: z.union([z.string().min(1), matchers]).optional(),
  /** How often the rule may reply in one conversation. */
  times: z.int().positive().optional(),
  reply: z
    .strictObject({
      text: z.string().optional(),
      tool_calls: z
        .array(z.strictObject({ name: z.string().min(1), input: z.record(z.string(), z.unknown()).default({}) }))
        .default([]),
      stop_reason: stopReason.optional(),
    })
    .refine((reply) => reply.text !== undefined || reply.tool_calls.length > 0 || reply.stop_reason !== undefined, {
      message: 'a reply needs `text`, `tool_calls` or `stop_reason`',
    }),
});

/**
 * A script, as it is written:
 * ```yaml
 * latency_ms: 200                     # optional
 * rules:                              # the first that fits the conversation replies
 *   - when: {last_tool: lookup}       # `user`, `step`, `turn`, `last_tool`, `offered`; all that are given must hold
 *     reply:
 *       text: "Speed: {% results.lookup.speed %}"
 *       tool_calls: [{name: return_structured_data, input: {speed: "{% results.lookup.speed %}"}}]
 *   - when: "$contains(user, 'hello') and step = 0"    # or JSONata over a ScriptView
 *     times: 1                        # the most replies in one conversation
 *     reply: {text: Hello.}           # `stop_reason` defaults to what fits
 * ```
 * An expression that is the whole string is replaced by its value; one within text is replaced by its value as text.
 */
const script = z.strictObject({
  description: z.string().optional(),
  /** How long each answer takes, in milliseconds. */
  latency_ms: z.number().nonnegative().max(60_000).default(0),
  rules: z.array(rule).min(1),
});

export type ScriptMatchers = z.infer<typeof matchers>;

/** A rule of a script, its expressions compiled. */
export interface ScriptRule {
  when: Template | ScriptMatchers | undefined;
  times: number | undefined;
  text: Template | undefined;
  toolCalls: { name: string; input: Template }[];
  stopReason: z.infer<typeof stopReason> | undefined;
}

export interface Script {
  path: string;
  latencyMs: number;
  rules: ScriptRule[];
}

/**
 * Reads scripts, each once for as long as its file stays the same.
 * The reader rejects with `model_unknown`, which names file, line, path and what is wrong.
 */
export function createScriptReader(): (path: string) => Promise<Script> {
  const scripts = new Map<string, { mtimeMs: number; script: Promise<Script> }>();
  return async (path) => {
    const mtimeMs = await modifiedAt(path);
    const known = scripts.get(path);
    if (known?.mtimeMs === mtimeMs) return known.script;
    const reading = (async () => parseScript(readScript(path), path))();
    scripts.set(path, { mtimeMs, script: reading });
    return reading;
  };
}

async function modifiedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function readScript(path: string): string {
  try {
    return readRegularFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): AppError {
  const fix = 'Check `model` in the agent: a relative path counts from the folder of its agents.yaml.';
  return new AppError('model_unknown', `The script ${path} can't be read. ${fix}`, { cause });
}

function parseScript(text: string, path: string): Script {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault !== undefined)
    throw invalid(`${path}:${lines.linePos(fault.pos[0]).line}`, fault.message.split('\n')[0] ?? '');
  const parsed = script.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const node = document.getIn(nearestPath(document, issue?.path ?? []), true);
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    throw invalid(`${path}:${lines.linePos(offset).line}`, describeZodError(parsed.error).join('; '));
  }
  return {
    path,
    latencyMs: parsed.data.latency_ms,
    rules: parsed.data.rules.map((written, index) => {
      const offset = document.getIn(['rules', index], true);
      const line = isNode(offset) ? lines.linePos(offset.range?.[0] ?? 0).line : 1;
      return compileRule(written, `${path}:${line} rules.${index}`);
    }),
  };
}

/** The longest part of the path that exists in the document. */
function nearestPath(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): PropertyKey[] {
  const existing = [...path];
  while (existing.length > 0 && !document.hasIn(existing)) existing.pop();
  return existing;
}

function invalid(place: string, reason: string): AppError {
  return new AppError('model_unknown', `${place}: the script is not valid: ${reason}.`);
}

function compileRule({ when, times, reply }: z.infer<typeof rule>, place: string): ScriptRule {
  const compile = (value: unknown, field: string) => {
    try {
      return compileTemplate(value, `${place}.${field}`);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AppError('model_unknown', reason, { cause });
    }
  };
  return {
    when: typeof when === 'string' ? compile(asExpression(when), 'when') : when,
    times,
    text: reply.text === undefined ? undefined : compile(reply.text, 'reply.text'),
    toolCalls: reply.tool_calls.map(({ name, input }, index) => ({
      name,
      input: compile(input, `reply.tool_calls.${index}.input`),
    })),
    stopReason: reply.stop_reason,
  };
}

/** `when` is always an expression, with or without its delimiters. */
function asExpression(text: string): string {
  return /^\s*\{%[\s\S]*%\}\s*$/.test(text) ? text : `{% ${text} %}`;
}
