import { type AgentDefinition, agentLabel } from '../../../agent/definition.ts';
import { AppError } from '../../../base/errors.ts';
import { nearest } from '../../../base/nearest.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import { descriptorOf, PROVIDERS } from '../../../providers/catalog.ts';
import type { NewBatch } from '../../../storage/batches.ts';
import type { Caller } from '../../contract/caller.ts';
import type { BatchOptions } from '../../contract/request/options.ts';
import type { RunnerDeps } from '../../deps.ts';
import { compileMapping, inputFields, requiredFields } from '../../rows/mapping.ts';
import { prepareCollection } from './collect.ts';

type Model = Pick<AgentDefinition['model'], 'provider' | 'model'>;

/** What jobs are for: an agent, perhaps of one version, perhaps on another provider than its own. */
export interface JobTarget {
  agent: string;
  version?: string;
  /** A provider, or `provider/model`. */
  provider?: string;
}

/** A batch that would take the jobs of a target, and the check of their inputs. */
export interface StandingBatch {
  queue: { agent: string; version: string; model: string };
  batch: NewBatch;
  columns: string[];
  /**
   * The cells of a job's input.
   * @throws AppError `input_invalid`, `field_unknown`
   */
  cellsOf(input: JsonObject): Promise<Json[]>;
}

/**
 * Prepares the batch in which the jobs of a target collect; stores nothing. A column for each input field of the agent.
 * @throws AppError `agent_not_found`, `agent_not_structured`, `invalid_arguments` for a provider
 */
export async function openStandingBatch(
  target: JobTarget,
  options: BatchOptions,
  { deps, caller }: { deps: RunnerDeps; caller: Caller },
): Promise<StandingBatch> {
  const found = await deps.findAgent(target.agent, target.version);
  const model = modelFor(found, target.provider);
  const columns = columnsOf(found);
  const { batch, plan, agent } = await prepareCollection(
    {
      columns,
      target: { type: 'agent', name: found.name, version: found.version },
      name: `jobs of ${agentLabel(found)}`,
      output_uri: '-',
      options,
    },
    { deps, caller, ...(model !== undefined && { model }) },
  );
  const required = requiredFields(agent.input);
  const check = compileMapping(plan.input_mapping, agent.input, columns);
  return {
    queue: { agent: agent.name, version: agent.version, model: `${agent.model.provider}/${agent.model.model}` },
    batch,
    columns,
    async cellsOf(input) {
      const unknown = Object.keys(input).filter((field) => !columns.includes(field));
      if (unknown.length > 0) throw refusal('field_unknown', unknown, (field) => unknownText(field, columns));
      const missing = required.filter((field) => input[field] === undefined);
      if (missing.length > 0) throw refusal('input_invalid', missing, lackText);
      const cells = columns.map((column) => input[column] ?? null);
      await check(cells);
      return cells;
    },
  };
}

function columnsOf({ input, prompt }: AgentDefinition): string[] {
  const fields = Object.keys(inputFields(input));
  const names = fields.length > 0 ? fields : (prompt?.placeholders ?? []);
  return names.length > 0 ? names : ['input'];
}

/** The first field tells why; the place of every one is in the faults. */
function refusal(
  code: 'field_unknown' | 'input_invalid',
  fields: readonly string[],
  textOf: (field: string) => string,
) {
  const faults = fields.map((field) => ({ place: `input.${field}`, message: textOf(field) }));
  return new AppError(code, faults[0]?.message ?? '', { faults });
}

function lackText(field: string): string {
  return `The input lacks the field "${field}", which the agent requires.`;
}

function unknownText(field: string, columns: string[]): string {
  const candidate = nearest(field, columns);
  const hint = candidate === undefined ? '' : ` Did you mean "${candidate}"?`;
  const fields = columns.map((column) => `"${column}"`).join(', ');
  return `The agent has no input field "${field}".${hint} Its fields are ${fields}.`;
}

/** The model of a job that names a provider: undefined for the agent's own. */
function modelFor({ model }: AgentDefinition, given: string | undefined): Model | undefined {
  if (given === undefined || given === model.provider) return undefined;
  const [, provider = given, named] = /^([^/]+)\/(.+)$/.exec(given) ?? [];
  const descriptor = descriptorOf(provider);
  if (descriptor === undefined) {
    const names = PROVIDERS.flatMap(({ name, target }) => (target === undefined ? [name] : [])).join(', ');
    throw providerFault(`There is no provider "${provider}". The providers are: ${names}.`);
  }
  const name = named ?? descriptor.defaultModel;
  if (name === undefined) {
    throw providerFault(`The provider ${provider} has no default model; write ${provider}/MODEL.`);
  }
  return provider === model.provider && name === model.model ? undefined : { provider, model: name };
}

function providerFault(message: string): AppError {
  return new AppError('invalid_arguments', message, { faults: [{ place: 'provider', message }] });
}
