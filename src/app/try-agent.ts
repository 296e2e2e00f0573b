import { type AgentDefinition, agentLabel } from '../agent/definition.ts';
import { AppError } from '../base/errors.ts';
import { type JsonObject, type Message, textOf } from '../protocol/messages.ts';
import type { OpenedAgent, RunOutcome } from '../protocol/run.ts';
import type { Given, TriedRun } from '../runner/contract/report/tried-run.ts';
import type { InputMapping } from '../runner/contract/request/mapping.ts';
import { toolFaults } from '../runner/intake/agent/target.ts';
import { readRow } from '../runner/intake/table/read-row.ts';
import { storedInput } from '../runner/media/media-fields.ts';
import { createMediaOpener } from '../runner/media/open-media.ts';
import { inputMessages, paramsOf } from '../runner/rows/input-messages.ts';
import { checkMapping, compileMapping, proposeMapping } from '../runner/rows/mapping.ts';
import { createRunCalls, type RunCallsDeps } from '../runner/rows/run-journal.ts';
import type { JournalEntry } from '../storage/journal.ts';
import type { Tables } from '../tables/table.ts';

/** What one run of an agent outside of batches needs. */
export interface TryParts {
  tables: Tables;
  openAgent: (definition: AgentDefinition, signal: AbortSignal) => Promise<OpenedAgent>;
  /** The journal, provider, lane and limits of the run's calls. */
  callsOf: (definition: AgentDefinition, signal: AbortSignal) => Promise<RunCallsDeps>;
  readJournal: (run: string) => Promise<JournalEntry[]>;
  newId: (prefix: string) => string;
}

/**
 * Runs an agent once, outside of batches, through the journal.
 * @throws AppError before any call, when the input does not fit the agent or a row can't be read. A run that fails is
 *   a result
 */
export async function tryAgent(
  definition: AgentDefinition,
  { given, signal }: { given: Given; signal: AbortSignal },
  parts: TryParts,
): Promise<TriedRun> {
  const { input, messages } = await startOf(definition, given, parts.tables);
  const run = parts.newId('try');
  const calls = await parts.callsOf(definition, signal);
  const agent = await parts.openAgent(definition, signal);
  try {
    const { callModel, callTool } = createRunCalls(run, false, calls);
    const params = input === null ? undefined : paramsOf(input);
    const hooks = { runId: run, callModel, callTool, signal, ...(params !== undefined && { params }) };
    const outcome = await agent.run(messages, hooks);
    const entries = await parts.readJournal(run);
    const { provider, model } = definition.model;
    return {
      run_id: run,
      agent: agentLabel(definition),
      model: `${provider}/${model}`,
      stand_in: calls.provider.standIn ?? null,
      input,
      ...resultOf(outcome),
      cost_usd: costOf(entries),
      entries,
    };
  } finally {
    await agent.close();
  }
}

async function startOf(
  definition: AgentDefinition,
  given: Given,
  tables: Tables,
): Promise<{ input: JsonObject | null; messages: Message[] }> {
  if ('message' in given) {
    if (definition.prompt === undefined) return { input: null, messages: [{ role: 'user', content: given.message }] };
    const fields = definition.prompt.placeholders ?? [];
    const fix = `give its fields instead: ${fields.map((name) => `--input ${name}=…`).join(' ')}`;
    throw new AppError('invalid_arguments', `${agentLabel(definition)} has a prompt of its own; ${fix}.`);
  }
  const { columns, cells, decimalComma } =
    'table' in given ? await readRow(given, tables) : { ...given, decimalComma: false };
  const proposed = proposeMapping(definition.input, columns);
  const mapping: InputMapping = { ...proposed, ...given.mapping };
  const problems = [...checkMapping(mapping, definition.input, columns), ...toolFaults(definition, mapping)];
  const [first] = problems;
  if (first !== undefined) throw new AppError(first.code, problems.map(({ message }) => message).join('\n'));
  const read = await compileMapping(mapping, definition.input, columns, { decimalComma })(cells);
  const tableUri = 'table' in given ? tables.absolute(given.table) : tables.absolute('./input');
  const opener = createMediaOpener(definition, { tables, tableUri });
  const input = storedInput(read, opener.fields);
  return { input, messages: inputMessages(definition, input, await opener.open(read)) };
}

function resultOf(outcome: RunOutcome): Pick<TriedRun, 'status' | 'output' | 'text' | 'error'> {
  const nothing = { output: null, text: null, error: null };
  if (outcome.status === 'succeeded') return { ...nothing, status: 'succeeded', output: outcome.structured };
  if (outcome.status === 'failed') {
    const { code, message } = outcome.error;
    return { ...nothing, status: 'failed', error: { code, message } };
  }
  const last = outcome.messages.findLast(({ role }) => role === 'assistant');
  const text = last === undefined || last.role !== 'assistant' ? '' : textOf(last.content);
  return { ...nothing, status: 'succeeded', text };
}

/** Dollars of the answered calls; null when a price is unknown. */
function costOf(entries: JournalEntry[]): number | null {
  let sum = 0;
  for (const { answer } of entries) {
    if (answer?.costMicroUsd === null) return null;
    sum += answer?.costMicroUsd ?? 0;
  }
  return sum / 1e6;
}
