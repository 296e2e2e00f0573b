import { isInline, questionOf } from './draft/draft-request.ts';
import { useDraft } from './draft/open-draft.ts';
import { messages } from './messages.ts';
import { useKnownNames } from './prompt/use-known-names.ts';
import { fieldFaults } from './schema/field-faults.ts';
import { STEPS, type Step } from './steps.ts';
import { usePreview } from './table/use-table.ts';

/** How far the open draft is. */
export interface Progress {
  done: ReadonlySet<Step>;
  /** Why a step can't be left for the next one; undefined when it can. */
  blocks: { [step in Step]?: string | undefined };
}

/** Which steps of the open draft are complete. A step counts when all before it do. */
export function useProgress(): Progress {
  const { request } = useDraft();
  const preview = usePreview(request);
  const { unknown, used } = useKnownNames();
  const { target } = request;
  const isOwn = target === undefined || isInline(target);
  const question = questionOf(request);
  const fields = isOwn ? question.fields : target.fields;
  const blocks: Progress['blocks'] = {
    data: preview.data === undefined || preview.isError ? messages.data.needsTable : undefined,
    prompt: isOwn ? promptBlock({ prompt: question.prompt, unknown: unknown.length, used: used.length }) : undefined,
    schema: fields === undefined ? undefined : fieldFaults(fields)[0]?.message,
  };
  const firstOpen = STEPS.findIndex((step) => blocks[step] !== undefined);
  const complete = request.target === undefined ? STEPS.slice(0, 2) : STEPS.slice(0, 4);
  const done = complete.filter((step, index) => step !== 'review' && (firstOpen === -1 || index < firstOpen));
  return { done: new Set(request.csv_uri === undefined ? [] : done), blocks };
}

function promptBlock(found: { prompt: string; unknown: number; used: number }): string | undefined {
  if (found.prompt.trim() === '') return messages.prompt.needsPrompt;
  if (found.unknown > 0) return messages.prompt.unknownCount(found.unknown);
  return found.used === 0 ? messages.prompt.noToken : undefined;
}
