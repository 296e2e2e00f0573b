import { useMutation, useQueryClient } from '@tanstack/react-query';
import { agentQuery } from '../../../data/agents.ts';
import type { Schemas } from '../../../data/api.ts';
import { createStore, useStore } from '../../../data/store.ts';
import { Button } from '../../../ui/button.tsx';
import { Note } from '../../../ui/note.tsx';
import { ErrorState } from '../../../ui/states.tsx';
import { Table } from '../../../ui/table.tsx';
import { Wide } from '../../../ui/wide.tsx';
import { isInline, labelOf } from '../draft/draft-request.ts';
import { useDraft } from '../draft/open-draft.ts';
import { messages } from '../messages.ts';
import { agentFields } from './agent-fields.ts';
import type { FieldType } from './field-types.ts';

const { difference: words } = messages.schema;

type Difference = NonNullable<Schemas['Plan']['schema_difference']>;
type Change = Difference['changes'][number];
type Shape = NonNullable<Change['yours']>;

/** The differences that a person has decided to keep, on this page: each is asked about once. */
const kept = createStore<ReadonlySet<string>>(new Set());

/** How the fields of a draft differ from those of its agent as it is now, with the choice. */
export function AgentDifference({ difference }: { difference: Difference }) {
  const { draft, request } = useDraft();
  const client = useQueryClient();
  const { target } = request;
  const isOwn = target === undefined || isInline(target);
  const keptOnes = useStore(kept);
  const take = useMutation({
    mutationFn: async () => {
      if (isOwn) return;
      const fields = agentFields(await client.fetchQuery({ ...agentQuery(labelOf(target)), staleTime: 0 }));
      const { fields: _, ...agent } = target;
      draft.change({ ...request, target: { ...agent, ...(fields !== undefined && { fields }) } });
    },
  });
  if (isOwn || target.fields === undefined) return null;
  const key = `${draft.id} ${JSON.stringify(difference)}`;
  const isKept = keptOnes.has(key);
  return (
    <section aria-label={words.label} className="grid gap-2 border-line border-b px-4 py-3">
      <Note kind={isKept ? 'plain' : 'warn'}>
        <span className="flex flex-wrap items-center gap-2">
          <span className="min-w-40 flex-1">
            {(isKept ? words.kept : words.text)(difference.agent, difference.changes.length)}
          </span>
          {!isKept && (
            <Button size="small" label={words.keep} onClick={() => kept.set(new Set([...kept.get(), key]))} />
          )}
          <Button size="small" label={words.take} disabled={take.isPending} onClick={() => take.mutate()} />
        </span>
      </Note>
      {take.error !== null && <ErrorState error={take.error} />}
      {!isKept && <Changes difference={difference} />}
    </section>
  );
}

function Changes({ difference }: { difference: Difference }) {
  return (
    <Wide label={words.table}>
      <Table
        label={words.table}
        className="[&_td]:whitespace-normal! [&_td]:py-1.5 [&_td]:align-top"
        columns={[{ label: words.field }, { label: words.change }, { label: words.yours }, { label: words.agents }]}
      >
        {difference.changes.map((change) => (
          <tr key={change.field}>
            <td>
              <code>{change.field}</code>
            </td>
            <td>{changeText(change)}</td>
            <td>{shapeText(change.yours, change)}</td>
            <td>{shapeText(change.agents, change)}</td>
          </tr>
        ))}
      </Table>
    </Wide>
  );
}

function changeText({ change, parts }: Change): string {
  return change === 'changed' ? parts.map((part) => words.parts[part]).join(', ') : words.kinds[change];
}

/** One side of a difference: the parts that differ, or of a field that only one side has, its type. */
function shapeText(shape: Shape | null, { change, parts }: Change): string {
  if (shape === null) return words.none;
  const shown = change === 'changed' ? parts : (['type', 'required', 'values'] as const);
  const texts = {
    type: messages.schema.types[shape.type as FieldType] ?? shape.type,
    required: shape.required ? words.required : words.optional,
    values: shape.values?.join(', ') ?? (change === 'changed' ? words.anyValue : ''),
    description: shape.description ?? words.noText,
  };
  return shown
    .map((part) => texts[part])
    .filter((text) => text !== '')
    .join('; ');
}
