import type { Schemas } from '../../../data/api.ts';
import { PARAM_PREFIX } from '../prompt/param-prefix.ts';
import { renameToken } from '../prompt/prompt-tokens.ts';

/** A batch request as the service takes it. */
export type BatchRequest = Schemas['EstimateRequest'];
/** How a table is read. */
export type Reading = NonNullable<BatchRequest['reading']>;
/** The options of a batch. */
export type BatchOptions = NonNullable<BatchRequest['options']>;
/** An agent that the request itself defines. */
export type InlineTarget = Extract<BatchRequest['target'], { type: 'inline' }>;
/** An agent of the registry. */
export type AgentTarget = Exclude<BatchRequest['target'], { type: 'inline' }>;
/** A field of the answer. */
export type AnswerField = InlineTarget['fields'][number];
/** How input fields are filled. */
export type InputMapping = NonNullable<BatchRequest['input_mapping']>;
/** A kind of medium that the cells of a column hold. */
export type MediaKind = NonNullable<InlineTarget['media']>[string];

/** A batch request in the making: what is missing is not decided yet. */
export interface DraftRequest {
  csv_uri?: string;
  reading?: Reading;
  target?: InlineTarget | AgentTarget;
  input_mapping?: InputMapping;
  name?: string;
  output_uri?: string;
  options?: BatchOptions;
}

/** What a column is for: nothing, the prompt, a system param, or a medium. */
export type ColumnRole = 'ignore' | 'prompt' | 'param' | MediaKind;

const FIRST_FIELD: AnswerField = { name: 'answer', type: 'string' };
const PARAMS = 'system_params';

/** The question of a draft; a new one where there is none yet. */
export function questionOf({ target }: DraftRequest): InlineTarget {
  return target !== undefined && isInline(target) ? target : { type: 'inline', prompt: '', fields: [FIRST_FIELD] };
}

/** Whether a target is a question of its own, not an agent of the registry. */
export function isInline(target: NonNullable<DraftRequest['target']>): target is InlineTarget {
  return target.type === 'inline';
}

/** The agent that a draft runs, as name or name@version. */
export function labelOf({ name, version }: AgentTarget): string {
  return version === undefined ? name : `${name}@${version}`;
}

/** The columns behind the system params, by key. */
export function paramsOf({ input_mapping: mapping }: DraftRequest): { [key: string]: string } {
  const how = mapping?.[PARAMS];
  return typeof how === 'object' && 'columns' in how ? how.columns : {};
}

/** The column that fills a field; undefined when something else does. */
export function columnOf(how: InputMapping[string] | undefined): string | undefined {
  if (typeof how === 'string') return how;
  return how !== undefined && 'column' in how ? how.column : undefined;
}

/** The name by which the prompt knows each column: its own, unless a person gave it another. */
export function namesOf(
  { input_mapping: mapping = {} }: DraftRequest,
  columns: readonly string[],
): Map<string, string> {
  const given = Object.entries(mapping).map(([name, how]) => [columnOf(how), name] as const);
  return new Map(columns.map((column) => [column, given.find(([of]) => of === column)?.[1] ?? column]));
}

/** What each column is for. Until a person decides, all are for the prompt. */
export function rolesOf(draft: DraftRequest, columns: readonly string[]): Map<string, ColumnRole> {
  const params = new Set(Object.values(paramsOf(draft)));
  const media = questionOf(draft).media ?? {};
  const { input_mapping: mapping } = draft;
  const named = new Set(Object.values(mapping ?? {}).map(columnOf));
  const roleOf = (column: string): ColumnRole => {
    const kind = media[column];
    if (kind !== undefined) return kind;
    if (params.has(column)) return 'param';
    return mapping === undefined || named.has(column) ? 'prompt' : 'ignore';
  };
  return new Map(columns.map((column) => [column, roleOf(column)]));
}

/**
 * The draft with other roles for some columns. A param gets the key that it had, or its column's name. A column that leaves
 * the prompt loses the name that a person gave it, in tokens too.
 */
export function withRoles(
  draft: DraftRequest,
  columns: readonly string[],
  changed: ReadonlyMap<string, ColumnRole>,
): DraftRequest {
  const roles = new Map([...rolesOf(draft, columns), ...changed]);
  const keys = new Map(Object.entries(paramsOf(draft)).map(([key, column]) => [column, key]));
  const named = columns.filter((column) => roles.get(column) === 'param');
  const params = named.map((column): [string, string] => [keys.get(column) ?? freeKey(column, keys), column]);
  const media = columns.flatMap((column): [string, MediaKind][] => {
    const role = roles.get(column);
    return role === undefined || role === 'ignore' || role === 'prompt' || role === 'param' ? [] : [[column, role]];
  });
  const names = namesOf(draft, columns);
  const inPrompt = columns.filter((column) => roles.get(column) === 'prompt');
  const prompt = columns
    .filter((column) => !inPrompt.includes(column))
    .reduce(
      (text, column) => renamed(text, { from: names.get(column) ?? column, to: column }),
      questionOf(draft).prompt,
    );
  const { media: _, ...question } = questionOf(draft);
  return {
    ...draft,
    target: { ...question, prompt, ...(media.length > 0 && { media: Object.fromEntries(media) }) },
    input_mapping: mappingOf(inPrompt, { names, params: Object.fromEntries(params) }),
  };
}

/** The draft with another name for a column of its prompt, and every token that names it renamed. */
export function withColumnName(
  draft: DraftRequest,
  columns: readonly string[],
  { column, name }: { column: string; name: string },
): DraftRequest {
  const roles = rolesOf(draft, columns);
  const names = namesOf(draft, columns);
  const inPrompt = columns.filter((one) => roles.get(one) === 'prompt');
  const question = questionOf(draft);
  const prompt = renamed(question.prompt, { from: names.get(column) ?? column, to: name });
  return {
    ...draft,
    target: { ...question, prompt },
    input_mapping: mappingOf(inPrompt, { names: names.set(column, name), params: paramsOf(draft) }),
  };
}

function renamed(prompt: string, { from, to }: { from: string; to: string }): string {
  return from === to ? prompt : renameToken(prompt, from, to, []);
}

/** The draft with another key for a param, and every token of its prompt that names it renamed. */
export function withParamKey(draft: DraftRequest, from: string, to: string): DraftRequest {
  const params = paramsOf(draft);
  const columns = Object.fromEntries(Object.entries(params).map(([key, column]) => [key === from ? to : key, column]));
  const question = questionOf(draft);
  const known = Object.keys(params).map((key) => `${PARAM_PREFIX}${key}`);
  const prompt = renameToken(question.prompt, `${PARAM_PREFIX}${from}`, `${PARAM_PREFIX}${to}`, known);
  return {
    ...draft,
    target: { ...question, prompt },
    input_mapping: { ...draft.input_mapping, [PARAMS]: { columns } },
  };
}

function mappingOf(
  inPrompt: readonly string[],
  { names, params }: { names: ReadonlyMap<string, string>; params: { [key: string]: string } },
): InputMapping {
  return {
    ...Object.fromEntries(inPrompt.map((column) => [names.get(column) ?? column, { column }])),
    ...(Object.keys(params).length > 0 && { [PARAMS]: { columns: params } }),
  };
}

/** Keys have letters, digits, _ and -; the others become _. */
function freeKey(column: string, taken: ReadonlyMap<string, string>): string {
  const plain = column.replaceAll(/[^\p{L}\p{N}_-]+/gu, '_').replaceAll(/^_+|_+$/g, '') || 'param';
  const used = new Set(taken.values());
  let key = plain;
  for (let n = 2; used.has(key); n += 1) key = `${plain}_${n}`;
  return key;
}

/**
 * The request that a draft stands for, or undefined while it has no table or no question.
 * @param used the columns that the prompt names: others are not sent as fields
 */
export function requestOf(draft: DraftRequest, used: readonly string[]): BatchRequest | undefined {
  const { csv_uri: table, target, input_mapping: _, ...rest } = draft;
  if (table === undefined || target === undefined) return undefined;
  if (!isInline(target)) return { ...rest, csv_uri: table, target, ...mapped(draft.input_mapping) };
  if (target.prompt.trim() === '') return undefined;
  return {
    ...rest,
    csv_uri: table,
    target,
    ...mapped(mappingOf(used, { names: namesOf(draft, used), params: paramsOf(draft) })),
  };
}

/** An empty mapping would mean every column. */
function mapped(mapping: InputMapping | undefined): { input_mapping?: InputMapping } {
  return mapping === undefined || Object.keys(mapping).length === 0 ? {} : { input_mapping: mapping };
}
