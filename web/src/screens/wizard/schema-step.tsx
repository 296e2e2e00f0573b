import { useMutation } from '@tanstack/react-query';
import { api, bodyOf } from '../../data/api.ts';
import { formatMoney } from '../../data/format.ts';
import { Button } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { type AgentTarget, type AnswerField, isInline, questionOf } from './draft/draft-request.ts';
import { useDraft } from './draft/open-draft.ts';
import { messages } from './messages.ts';
import { useAgent } from './prompt/use-agent.ts';
import { useKnownNames } from './prompt/use-known-names.ts';
import { agentFields } from './schema/agent-fields.ts';
import { FieldsEditor } from './schema/fields-editor.tsx';
import { LaterDifference } from './schema/later-difference.tsx';
import { StepFrame } from './step-frame.tsx';

/** The fields of the answer. */
export function SchemaStep() {
  const { request } = useDraft();
  const { target } = request;
  return (
    <StepFrame step="schema">
      {request.csv_uri === undefined ? (
        <EmptyState title={messages.data.needsTable} />
      ) : target === undefined || isInline(target) ? (
        <OwnFields />
      ) : (
        <AgentFields target={target} />
      )}
    </StepFrame>
  );
}

function OwnFields() {
  const { draft, request } = useDraft();
  const question = questionOf(request);
  const change = (fields: AnswerField[], group?: string) =>
    draft.change({ ...request, target: { ...question, fields } }, group);
  return (
    <FieldsEditor
      fields={question.fields}
      onChange={change}
      beside={
        <>
          <span className="text-12 text-ink-3">{messages.schema.each}</span>
          <Suggest onFields={(fields) => change(fields)} />
        </>
      }
    />
  );
}

function Suggest({ onFields }: { onFields: (fields: AnswerField[]) => void }) {
  const { request } = useDraft();
  const { columns } = useKnownNames();
  const { prompt } = questionOf(request);
  const suggest = useMutation({
    mutationFn: () => bodyOf(api.POST('/v1/agents/suggest', { body: { prompt, columns: [...columns] } })),
    onSuccess: ({ fields }) => onFields(fields),
  });
  return (
    <>
      <span className="ml-auto flex items-center gap-2">
        {suggest.data !== undefined && (
          <span role="status" className="text-12 text-ink-3">
            {messages.schema.suggested(formatMoney(suggest.data.cost_usd, 4))}
          </span>
        )}
        <Button
          size="small"
          writes
          label={messages.schema.suggest}
          title={messages.schema.suggestCost}
          disabled={prompt.trim() === '' || suggest.isPending}
          why={prompt.trim() === '' ? messages.prompt.needsPrompt : undefined}
          onClick={() => suggest.mutate()}
        />
      </span>
      {suggest.error !== null && <ErrorState error={suggest.error} />}
    </>
  );
}

/** The fields of an agent of the registry, and those that the draft has in their place. */
function AgentFields({ target }: { target: AgentTarget }) {
  const { draft, request } = useDraft();
  const { data: agent, error, refetch } = useAgent(target);
  const fields = target.fields ?? (agent === undefined ? undefined : agentFields(agent));
  if (fields === undefined && agent === undefined) {
    return error === null ? <Loading rows={6} /> : <ErrorState error={error} onRetry={() => refetch()} />;
  }
  const name = (
    <span className="text-12 text-ink-3">
      {messages.schema.agentFields} <code>{target.name}</code>
    </span>
  );
  if (fields === undefined) {
    return (
      <section aria-label={messages.schema.title} className="grid content-start gap-3 p-4">
        <p>{name}</p>
        <Note>{messages.schema.agentSchema}</Note>
        <pre className="overflow-auto rounded-2 bg-sunken px-3 py-2 font-mono text-12">
          {JSON.stringify(agent?.output_schema, null, 2)}
        </pre>
      </section>
    );
  }
  return (
    <FieldsEditor
      fields={fields}
      onChange={(next, group) => draft.change({ ...request, target: { ...target, fields: next } }, group)}
      beside={name}
    >
      <LaterDifference />
    </FieldsEditor>
  );
}
