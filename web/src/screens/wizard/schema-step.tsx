import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, bodyOf } from '../../data/api.ts';
import { formatMoney } from '../../data/format.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { type AnswerField, isInline, questionOf } from './draft/draft-request.ts';
import { useDraft } from './draft/open-draft.ts';
import { messages } from './messages.ts';
import { useAgent } from './prompt/agent-input.tsx';
import { useKnownNames } from './prompt/use-known-names.ts';
import { FieldsTable } from './schema/fields-table.tsx';
import { JsonView } from './schema/json-view.tsx';
import { TestPanel } from './schema/test-panel.tsx';
import { StepFrame } from './step-frame.tsx';
import { useProgress } from './use-progress.ts';

/** The fields of the answer. */
export function SchemaStep() {
  const { request } = useDraft();
  const isOwn = request.target === undefined || isInline(request.target);
  return (
    <StepFrame step="schema">
      {request.csv_uri === undefined ? (
        <EmptyState title={messages.data.needsTable} />
      ) : isOwn ? (
        <OwnFields />
      ) : (
        <AgentFields />
      )}
    </StepFrame>
  );
}

function OwnFields() {
  const { view = 'fields' } = useSearch({ from: '/new/$draftId/schema' });
  const navigate = useNavigate({ from: '/new/$draftId/schema' });
  const { draft, request } = useDraft();
  const { blocks } = useProgress();
  const question = questionOf(request);
  const change = (fields: AnswerField[], group?: string) =>
    draft.change({ ...request, target: { ...question, fields } }, group);
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(320px,28%)] max-lg:flex max-lg:flex-col">
      <div className="flex flex-none gap-1 border-line border-b px-4 py-1.5 lg:hidden">
        {(['fields', 'json'] as const).map((one) => (
          <Button
            key={one}
            size="small"
            kind={one === view ? 'plain' : 'ghost'}
            aria-pressed={one === view}
            label={messages.schema[one]}
            onClick={() => void navigate({ search: (old) => ({ ...old, view: one }) })}
          />
        ))}
      </div>
      <div className={`min-h-0 min-w-0 overflow-auto ${view === 'json' ? 'max-lg:hidden' : ''}`}>
        <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2">
          <h2 className="font-semibold">{messages.schema.title}</h2>
          <span className="text-12 text-ink-3">{messages.schema.each}</span>
          <Suggest onFields={(fields) => change(fields)} />
        </div>
        <FieldsTable fields={question.fields} onChange={change} />
        <TestPanel fields={question.fields} block={blocks.prompt ?? blocks.schema} />
      </div>
      <div
        className={`flex min-h-0 min-w-0 flex-col border-line border-l max-lg:flex-1 max-lg:border-l-0 ${view === 'fields' ? 'max-lg:hidden' : ''}`}
      >
        <JsonView fields={question.fields} onTake={change} />
      </div>
    </div>
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

function AgentFields() {
  const { request } = useDraft();
  const target = request.target === undefined || isInline(request.target) ? undefined : request.target;
  const { data: agent } = useAgent(target);
  if (agent === undefined) return <Loading rows={6} />;
  return (
    <section aria-label={messages.schema.title} className="p-4">
      <p className="mb-3 text-ink-2">
        {messages.schema.agentFields} <code>{agent.name}</code>
      </p>
      <pre className="overflow-auto rounded-2 bg-sunken px-3 py-2 font-mono text-12">
        {JSON.stringify(agent.output_schema, null, 2)}
      </pre>
    </section>
  );
}
