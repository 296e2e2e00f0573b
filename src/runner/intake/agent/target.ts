import type { AgentDefinition } from '../../../agent/definition.ts';
import { nearest } from '../../../base/nearest.ts';
import type { JsonSchema } from '../../../protocol/messages.ts';
import { paramsIn, SYSTEM_PARAMS } from '../../../protocol/prompt-template.ts';
import type { Caller } from '../../contract/caller.ts';
import type { Problem } from '../../contract/problem.ts';
import type { InputMapping } from '../../contract/request/mapping.ts';
import type { BatchRequest, Target } from '../../contract/request/request.ts';
import type { RunnerDeps } from '../../deps.ts';
import { checkMapping, identityMapping, proposeMapping, requiredFields } from '../../rows/mapping.ts';
import { withOwnFields } from '../answer-fields/own-fields.ts';
import { type DefinedAgent, defineInline } from './define-inline.ts';

/**
 * The definition of a request's target: found in the registry, there perhaps with fields of
 * the request, or made from the request itself.
 * @throws AppError `agent_not_found`, `invalid_arguments`, `config_invalid`
 */
export async function openTarget(
  { target, input_mapping: mapping }: Pick<BatchRequest, 'target' | 'input_mapping'>,
  table: { columns: readonly string[]; face: Caller['face'] },
  deps: RunnerDeps,
): Promise<DefinedAgent> {
  if (target.type === 'inline') {
    return defineInline(target, deps, { ...table, hasParams: Object.hasOwn(mapping ?? {}, SYSTEM_PARAMS) });
  }
  const agent = await deps.findAgent(target.name, target.version);
  return target.fields === undefined ? { agent, warnings: [] } : withOwnFields(agent, target.fields);
}

/**
 * The mapping of a request; `{}` means identity. A question's placeholders are columns already, so its mapping only adds
 * to them.
 */
export function inputMappingOf(
  { target, input_mapping: given }: BatchRequest,
  { schema, columns }: { schema: JsonSchema | undefined; columns: string[] },
): InputMapping {
  const proposed = proposeMapping(schema, columns);
  if (given === undefined) return proposed;
  if (Object.keys(given).length === 0) return identityMapping(schema, columns);
  return target.type === 'inline' ? { ...proposed, ...given } : given;
}

/** Every reason why a mapping does not fit. A placeholder of a question that is no column is named as one. */
export function checkTargetMapping(
  { type }: Target,
  mapping: InputMapping,
  { agent, columns }: { agent: AgentDefinition; columns: string[] },
): Problem[] {
  const found = [...checkMapping(mapping, agent.input, columns), ...toolFaults(agent, mapping)];
  if (type !== 'inline') return found;
  const isUnmapped = (name: string) => !Object.hasOwn(mapping, name);
  const fields = (agent.prompt?.placeholders ?? []).map((name) => ({ name, isUnknown: isUnknown(name, mapping) }));
  const unknown = fields.flatMap(({ name, isUnknown: is }) => (is ? [name] : []));
  const media = requiredFields(agent.input).filter((name) => isUnmapped(name) && !unknown.includes(name));
  return [
    ...unknown.map(
      (name): Problem => ({ code: 'column_unknown', message: unknownPlaceholder(name, mapping, columns) }),
    ),
    ...media.map((name): Problem => ({ code: 'column_unknown', message: unknownMedia(name, columns) })),
    ...found.filter(({ code }) => code !== 'mapping_invalid'),
  ];
}

/** Params that HTTP tools name and no column fills. */
export function toolFaults({ tools }: AgentDefinition, mapping: InputMapping): Problem[] {
  return tools.flatMap((tool): Problem[] => {
    if (!('http' in tool)) return [];
    const { name: toolName, url, headers, body } = tool.http;
    const unknown = paramsIn([url, headers, body]).filter((name) => isUnknown(name, mapping));
    return unknown.map((name) => ({
      code: 'column_unknown',
      message: unknownParam(`The tool ${toolName}`, name, mapping),
    }));
  });
}

/** Whether nothing fills a placeholder of a question. A path begins with a field; of params, its first key is known. */
function isUnknown(name: string, mapping: InputMapping): boolean {
  if (Object.hasOwn(mapping, name)) return false;
  if (name.startsWith(PARAMS)) return !paramsOf(mapping).some((key) => isSamePath(key, name.slice(PARAMS.length)));
  return !Object.keys(mapping).some((field) => name.startsWith(`${field}.`));
}

const PARAMS = `${SYSTEM_PARAMS}.`;

/** The keys of the params; all that an expression may make are not known. */
function paramsOf({ [SYSTEM_PARAMS]: how }: InputMapping): string[] {
  return typeof how === 'object' && 'columns' in how ? Object.keys(how.columns) : how === undefined ? [] : [''];
}

/** Whether one path of keys is the other, or its beginning. */
function isSamePath(one: string, other: string): boolean {
  return one === '' || one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
}

function unknownPlaceholder(name: string, mapping: InputMapping, columns: string[]): string {
  return name.startsWith(PARAMS) ? unknownParam('The prompt', name, mapping) : unknownColumn(name, columns);
}

function unknownParam(subject: string, name: string, mapping: InputMapping): string {
  const known = paramsOf(mapping);
  const near = nearest(name.slice(PARAMS.length), known);
  const hint = near === undefined ? '' : ` Did you mean {{${PARAMS}${near}}}?`;
  const keys =
    known.length === 0
      ? 'There are no params: give input_mapping.system_params = {"columns": {"KEY": "COLUMN"}}.'
      : `The params are ${listOf(known)}.`;
  return `${subject} names {{${name}}}, which is no system param.${hint} ${keys}`;
}

function unknownMedia(name: string, columns: string[]): string {
  const near = nearest(name, columns);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `media names "${name}", which is no column of the table.${hint} The columns are ${listOf(columns)}.`;
}

function unknownColumn(name: string, columns: string[]): string {
  const near = nearest(name, columns);
  const hint = near === undefined ? '' : ` Did you mean {${near}}?`;
  return `The prompt names {${name}}, which is no column of the table.${hint} The columns are ${listOf(columns)}. To send {${name}} as text, write \\{${name}}.`;
}

function listOf(columns: string[]): string {
  const shown = columns.slice(0, 30).map((column) => `"${column}"`);
  return `${shown.join(', ')}${columns.length > 30 ? ` and ${columns.length - 30} more` : ''}`;
}
