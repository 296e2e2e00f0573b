import * as z from 'zod';
import { count, dollars, duration } from '../../base/figures.ts';
import { rowPlace } from '../../base/row-place.ts';
import type { Json } from '../../protocol/messages.ts';
import type { AttemptTrace, RowTrace } from '../../runner/contract/report/trace.ts';
import type { TriedRun } from '../../runner/contract/report/tried-run.ts';
import type { JournalAnswer, JournalEntry } from '../../storage/journal.ts';
import type { Output } from '../command-context.ts';

import type { Paint } from '../io.ts';
import { cellText, manyLines, oneLine } from './safe-text.ts';
import { truncate } from './terminal-text.ts';

/** The parts of a journaled model answer that are shown; other parts are ignored. */
const modelAnswer = z.looseObject({
  stopReason: z.string(),
  content: z.array(z.looseObject({ type: z.string() })),
});
const rowOutput = z.strictObject({
  structured: z.record(z.string(), z.unknown()),
  columns: z.record(z.string(), z.unknown()),
  read_as: z.string().optional(),
});
const textBlock = z.looseObject({ type: z.literal('text'), text: z.string() });
const toolUseBlock = z.looseObject({ type: z.literal('tool_use'), name: z.string(), input: z.unknown() });
const toolAnswer = z.looseObject({ content: z.string(), isError: z.boolean() });

const PRUNED = 'messages deleted';
const FALLBACK = '  the fallback model answered, because the model of the agent was not served or refused the request';

/** The trace of one row as lines: attempts, turns, tool calls, errors, cost. */
export function traceLines(trace: RowTrace, output: Pick<Output, 'paint' | 'width'>): string[] {
  const { paint } = output;
  const { row } = trace;
  const style = row.status === 'failed' ? 'red' : row.status === 'succeeded' ? 'green' : 'cyan';
  const time = row.processingMs === null ? '' : ` in ${duration(row.processingMs / 1000)}`;
  const lines = [`${paint('bold', oneLine(rowPlace(row)))}  ${paint(style, row.status)}${time}`];
  if (row.rawText !== null) lines.push(fitted('  text    ', cellText(row.rawText), output));
  if (row.input !== null) lines.push(...objectLines('input', row.input, output));
  if (trace.kept_from !== null) {
    lines.push('', `kept the answer of row ${trace.kept_from.row} of ${trace.kept_from.batch_id}`);
  }
  for (const one of trace.attempts) {
    const { entries } = one;
    lines.push('', attemptLine(one, trace, paint));
    if (entries.length === 0) lines.push(paint('dim', '  no calls'));
    if (one.fallback) lines.push(paint('yellow', FALLBACK));
    for (const entry of entries) lines.push(...entryLines(entry, output));
  }
  lines.push('');
  if (row.output !== null) lines.push(...objectLines('output', fieldsOf(row.output), output));
  const readAs = rowOutput.safeParse(row.output).data?.read_as;
  if (readAs !== undefined) lines.push(fitted('  read    ', oneLine(readAs), output));
  if (row.error !== null) {
    lines.push(`  ${paint('red', 'error')}   ${oneLine(row.error.message)} ${paint('dim', `(${row.error.code})`)}`);
  }
  lines.push(`  cost    ${costOf(trace)}`);
  return lines;
}

/** `attempt 1  claude-haiku-5-5  failed: No. (refused)`; for a row's only attempt, the row's own line says the rest. */
function attemptLine({ attempt, model, status, error }: AttemptTrace, { attempts }: RowTrace, paint: Paint): string {
  const head = paint('bold', `attempt ${attempt}`);
  if (attempts.length === 1) return head;
  const end = error === null ? status : `${status}: ${oneLine(error.message)} ${paint('dim', `(${error.code})`)}`;
  return [head, ...(model === null ? [] : [paint('dim', oneLine(shortModel(model)))]), end].join('  ');
}

/** The structured fields of a stored output, with its computed columns. */
function fieldsOf(stored: object): object {
  const parsed = rowOutput.safeParse(stored);
  return parsed.success ? { ...parsed.data.structured, ...parsed.data.columns } : stored;
}

function objectLines(label: string, object: object, output: Pick<Output, 'paint' | 'width'>): string[] {
  return Object.entries(object).map(([name, value], at) => {
    const lead = `  ${(at === 0 ? label : '').padEnd(7)} `;
    return fitted(lead, `${oneLine(name)}: ${cellText(value)}`, output);
  });
}

function fitted(lead: string, text: string, { paint, width }: Pick<Output, 'paint' | 'width'>): string {
  return paint('dim', lead) + truncate(text, width - lead.length);
}

/** The calls of one run outside of batches, with its input and its result. */
export function triedLines(tried: TriedRun, output: Pick<Output, 'paint' | 'width'>): string[] {
  const { paint } = output;
  const { status, error, text } = tried;
  const model = tried.stand_in ?? tried.model;
  return [
    `${paint('bold', oneLine(tried.agent))}  ${paint(status === 'failed' ? 'red' : 'green', status)}  ${paint('dim', oneLine(model))}`,
    ...(tried.input === null ? [] : objectLines('input', tried.input, output)),
    ...tried.entries.flatMap((entry) => entryLines(entry, output)),
    ...(tried.output === null ? [] : objectLines('output', tried.output, output)),
    ...(text === null ? [] : manyLines(text).split('\n')),
    ...(error === null
      ? []
      : [`  ${paint('red', 'error')}   ${oneLine(error.message)} ${paint('dim', `(${error.code})`)}`]),
    `  cost    ${dollars(tried.cost_usd)}`,
  ];
}

function entryLines(entry: JournalEntry, output: Pick<Output, 'paint' | 'width'>): string[] {
  return entry.kind === 'model' ? modelLines(entry, output) : toolLines(entry, output);
}

function modelLines(entry: JournalEntry, output: Pick<Output, 'paint' | 'width'>): string[] {
  const { paint } = output;
  const { answer } = entry;
  const head = `  turn ${entry.turn}  ${paint('cyan', oneLine(shortModel(entry.name)))}`;
  if (answer === null) return [`${head}  ${unanswered(entry, paint)}`];
  const usage = answer.usage;
  const tokens =
    usage === null
      ? ''
      : `, ${count(usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens)} in, ${count(usage.outputTokens)} out`;
  const facts = `${secondsOf(entry)}${tokens}, ${dollars(answer.costMicroUsd === null ? null : answer.costMicroUsd / 1e6)}${standardOf(answer)}`;
  const from = entry.cachedFrom === undefined ? '' : `, from the cache (${entry.cachedFrom.run})`;
  if (entry.isPruned === true) return [`${head}  ${paint('dim', `${facts}${from}, ${PRUNED}`)}`];
  const parsed = modelAnswer.safeParse(answer.response);
  if (!parsed.success) return [`${head}  ${paint('dim', facts)}`, fitted('    ', cellText(answer.response), output)];
  const said = parsed.data.content.flatMap((block) => blockLines(block, output));
  return [`${head}  ${paint('dim', `${facts}${from}, ${parsed.data.stopReason}`)}`, ...said];
}

/** The price that an answer of a batch API would have had in real time. */
function standardOf({ standardMicroUsd: standard }: JournalAnswer): string {
  return standard === undefined
    ? ''
    : ` by the batch API (${dollars(standard === null ? null : standard / 1e6)} in real time)`;
}

function blockLines(block: { type: string }, output: Pick<Output, 'paint' | 'width'>): string[] {
  const text = textBlock.safeParse(block);
  if (text.success) {
    return manyLines(text.data.text)
      .split('\n')
      .map((line) => fitted('    ', line, output));
  }
  const call = toolUseBlock.safeParse(block);
  if (call.success) return [fitted('    → ', `${oneLine(call.data.name)} ${cellText(call.data.input)}`, output)];
  return [output.paint('dim', `    (${oneLine(block.type)})`)];
}

function toolLines(entry: JournalEntry, output: Pick<Output, 'paint' | 'width'>): string[] {
  const { paint } = output;
  const head = `    ${paint('magenta', oneLine(entry.name))}`;
  if (entry.answer === null) return [`${head}  ${unanswered(entry, paint)}`];
  if (entry.isPruned === true) return [`${head}  ${paint('dim', `${secondsOf(entry)}, ${PRUNED}`)}`];
  const parsed = toolAnswer.safeParse(entry.answer.response);
  const content = parsed.success ? parsed.data.content : JSON.stringify(entry.answer.response);
  const failed = parsed.success && parsed.data.isError;
  return [
    `${head}  ${paint('dim', secondsOf(entry))}${failed ? paint('red', ' failed') : ''}`,
    fitted('    ← ', cellText(content), output),
  ];
}

/** The model's name; for a script, only its file name. */
function shortModel(name: string): string {
  return name.split('/').at(-1) ?? name;
}

function secondsOf(entry: JournalEntry): string {
  return entry.answer === null ? '' : duration(Math.max(0, entry.answer.at - entry.at) / 1000);
}

function unanswered(entry: JournalEntry, paint: Paint): string {
  return paint('yellow', entry.openSends > 0 ? 'sent, no answer known' : 'not answered');
}

function costOf(trace: RowTrace): string {
  const answers: { costMicroUsd: number | null; response: Json }[] = trace.attempts.flatMap((attempt) =>
    attempt.entries.flatMap((entry) => (entry.answer === null ? [] : [entry.answer])),
  );
  if (answers.some((answer) => answer.costMicroUsd === null)) return dollars(null);
  return dollars(answers.reduce((sum, answer) => sum + (answer.costMicroUsd ?? 0), 0) / 1e6);
}
