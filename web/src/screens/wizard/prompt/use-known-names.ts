import { isInline, namesOf, paramsOf, questionOf, rolesOf } from '../draft/draft-request.ts';
import { useDraft } from '../draft/open-draft.ts';
import { usePreview } from '../table/use-table.ts';
import { PARAM_PREFIX } from './param-prefix.ts';
import { meaningOf, namesIn, type UnknownToken, unknownTokens } from './prompt-tokens.ts';

/** What a prompt may name, and what it does name. */
export interface KnownNames {
  /** The columns of the table. */
  columns: readonly string[];
  /** What tokens may name: columns, by the names that a person gave them, and params. */
  known: readonly string[];
  ignored: readonly string[];
  /** The columns that the prompt names. */
  used: readonly string[];
  unknown: readonly UnknownToken[];
}

/** The names of the open draft. */
export function useKnownNames(): KnownNames {
  const { request } = useDraft();
  const columns = usePreview(request).data?.columns ?? [];
  const roles = rolesOf(request, columns);
  const named = columns.filter((column) => roles.get(column) === 'prompt' || isMedium(roles.get(column)));
  const ignored = columns.filter((column) => roles.get(column) === 'ignore');
  const names = namesOf(request, columns);
  const nameOf = (column: string) => names.get(column) ?? column;
  const known = [...named.map(nameOf), ...Object.keys(paramsOf(request)).map((key) => `${PARAM_PREFIX}${key}`)];
  const { prompt } = questionOf(request);
  const isQuestion = request.target === undefined || isInline(request.target);
  const unknown = isQuestion && columns.length > 0 ? unknownTokens(prompt, { known, ignored }) : [];
  const meant = namesIn(prompt, known).map((name) => meaningOf(name, known));
  return { columns, known, ignored, used: named.filter((column) => meant.includes(nameOf(column))), unknown };
}

function isMedium(role: string | undefined): boolean {
  return role !== undefined && role !== 'ignore' && role !== 'prompt' && role !== 'param';
}
