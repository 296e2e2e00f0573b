import { type Clock, systemClock } from '../../base/clock.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { AssistantBlock, ModelRequest, ModelResponse } from '../../protocol/messages.ts';
import type { Provider, RespondOptions } from '../provider.ts';
import { createScriptReader, type Script, type ScriptMatchers, type ScriptRule } from './script-file.ts';
import { type ScriptView, viewOf } from './script-view.ts';
import { STAND_IN } from './stand-in.ts';
import { asText } from './template.ts';

const CHARACTERS_PER_TOKEN = 4;

/**
 * A model that plays a YAML script: the first rule that fits the conversation replies. `request.model` is the script's
 * absolute path. It keeps no state: the same conversation always gets the same answer, ids included.
 */
export function createScriptedProvider({ log, clock = systemClock }: { log: Log; clock?: Clock }): Provider {
  const read = createScriptReader();
  return {
    name: 'scripted',
    standIn: STAND_IN,
    async respond(request, options) {
      const script = await read(request.model);
      const view = viewOf(request);
      const rule = await chooseRule(script, request, view).catch((cause) => failedExpression(script, cause));
      if (rule === undefined) throw exhausted(script, view);
      log.debug({ script: script.path, rule: script.rules.indexOf(rule), turn: view.turn }, 'script rule replies');
      if (script.latencyMs > 0) await clock.sleep(script.latencyMs, options.signal);
      if (options.signal.aborted) throw new AppError('aborted', 'The model call was cancelled.');
      const content = await contentOf(rule, view).catch((cause) => failedExpression(script, cause));
      stream(content, options);
      return answer(content, rule, request);
    },
    checkModel: async (model) => void (await read(model)),
    close: async () => undefined,
  };
}

async function chooseRule(script: Script, request: ModelRequest, view: ScriptView): Promise<ScriptRule | undefined> {
  const used = await timesUsed(script, request);
  for (const rule of script.rules) {
    if (rule.times !== undefined && (used.get(rule) ?? 0) >= rule.times) continue;
    if (await fits(rule, view)) return rule;
  }
  return undefined;
}

/** How often each rule has replied: found by replaying the conversation, so that it is right after a restart. */
async function timesUsed(script: Script, { messages, tools }: ModelRequest): Promise<Map<ScriptRule, number>> {
  const used = new Map<ScriptRule, number>();
  if (script.rules.every((rule) => rule.times === undefined)) return used;
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'assistant') continue;
    const view = viewOf({ messages: messages.slice(0, index), tools });
    for (const rule of script.rules) {
      const count = used.get(rule) ?? 0;
      if (rule.times !== undefined && count >= rule.times) continue;
      if (!(await fits(rule, view))) continue;
      used.set(rule, count + 1);
      break;
    }
  }
  return used;
}

async function fits({ when }: ScriptRule, view: ScriptView): Promise<boolean> {
  if (when === undefined) return true;
  if (typeof when === 'function') return Boolean(await when(view));
  return fitsMatchers(when, view);
}

function fitsMatchers(when: ScriptMatchers, view: ScriptView): boolean {
  return (
    (when.user === undefined || view.user.toLowerCase().includes(when.user.toLowerCase())) &&
    (when.step === undefined || view.step === when.step) &&
    (when.turn === undefined || view.turn === when.turn) &&
    (when.last_tool === undefined || view.last_results.some((result) => result.name === when.last_tool)) &&
    (when.offered === undefined || view.tools.includes(when.offered))
  );
}

async function contentOf(rule: ScriptRule, view: ScriptView): Promise<AssistantBlock[]> {
  const content: AssistantBlock[] = [];
  const text = await rule.text?.(view);
  if (text !== undefined) content.push({ type: 'text', text: asText(text) });
  for (const [index, call] of rule.toolCalls.entries()) {
    content.push({
      type: 'tool_use',
      id: `script_${view.turn}_${index}`,
      name: call.name,
      input: await call.input(view),
    });
  }
  return content;
}

/** Passes the text on word by word, like a real model's stream. */
function stream(content: readonly AssistantBlock[], { onText }: RespondOptions): void {
  if (onText === undefined) return;
  for (const block of content) {
    if (block.type === 'text') for (const [piece] of block.text.matchAll(/\s*\S+\s*$|\s*\S+|\s+/g)) onText(piece);
  }
}

function answer(content: AssistantBlock[], rule: ScriptRule, request: ModelRequest): ModelResponse {
  const fallback = rule.toolCalls.length > 0 ? 'tool_use' : 'end_turn';
  return {
    content,
    stopReason: rule.stopReason ?? fallback,
    usage: {
      inputTokens: tokens(request.system) + tokens(request.tools) + tokens(request.messages),
      outputTokens: tokens(content),
      cacheWriteTokens: 0,
      cacheReadTokens: 0,
    },
    model: request.model,
  };
}

/** A rough estimate of what a real model would count. */
function tokens(value: unknown): number {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

function failedExpression(script: Script, cause: unknown): never {
  const { message } = toAppError(cause);
  throw new AppError('script_exhausted', `The script ${script.path} can't continue: ${message}`, { cause });
}

function exhausted(script: Script, view: ScriptView): AppError {
  const said = lastWords(view);
  return new AppError(
    'script_exhausted',
    `The script ${script.path} has no rule for this point of the conversation (turn ${view.turn}, step ${view.step}): ` +
      `${said}. Add a rule that fits, or a last one without \`when\`.`,
  );
}

function lastWords({ last_results: results, user }: ScriptView): string {
  const brief = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
  if (results.length === 0) return `the person said ${JSON.stringify(brief(user))}`;
  return results.map(({ name, content }) => `${name} gave ${brief(JSON.stringify(content))}`).join('; ');
}
