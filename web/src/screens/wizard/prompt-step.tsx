import { useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { agentQuery, useAgents } from '../../data/agents.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/select.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { columnOf, isInline, paramsOf, questionOf } from './draft/draft-request.ts';
import { useDraft } from './draft/open-draft.ts';
import { messages } from './messages.ts';
import { AgentInput } from './prompt/agent-input.tsx';
import { PARAM_PREFIX } from './prompt/param-prefix.ts';
import { type EditorHandle, PromptEditor } from './prompt/prompt-editor.tsx';
import { RenderedPanel } from './prompt/rendered-panel.tsx';
import { UnknownNames } from './prompt/unknown-names.tsx';
import { useKnownNames } from './prompt/use-known-names.ts';
import { agentFields } from './schema/agent-fields.ts';
import { StepFrame } from './step-frame.tsx';
import { cellText } from './table/cell-text.ts';
import { usePreview } from './table/use-table.ts';

/** The question about one row, beside what a row makes of it. */
export function PromptStep() {
  const { request } = useDraft();
  const isOwn = request.target === undefined || isInline(request.target);
  return (
    <StepFrame step="prompt">
      {request.csv_uri === undefined ? (
        <EmptyState title={messages.data.needsTable} />
      ) : (
        <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(320px,42%)] max-lg:block max-lg:flex-none">
          {isOwn ? <Question /> : <AgentInput />}
          <RenderedPanel />
        </div>
      )}
    </StepFrame>
  );
}

function Question() {
  const editor = useRef<EditorHandle>(null);
  const { draft, request } = useDraft();
  const { known, unknown } = useKnownNames();
  const { data: preview } = usePreview(request);
  const question = questionOf(request);
  const params = paramsOf(request);
  const exampleOf = (name: string) => {
    const isParam = name.startsWith(PARAM_PREFIX);
    const column = isParam ? params[name.slice(PARAM_PREFIX.length)] : columnOf(request.input_mapping?.[name]);
    const at = preview?.columns.indexOf(column ?? name) ?? -1;
    return preview?.rows.map(({ cells }) => cellText(cells[at])).find((text) => text !== '') ?? '';
  };
  return (
    <section aria-label={messages.prompt.title} className="flex min-h-0 min-w-0 flex-col">
      <div className="flex min-h-11 flex-none items-center gap-2 border-line border-b px-4 py-1">
        <h2 className="font-semibold">{messages.prompt.title}</h2>
        <span className="whitespace-nowrap text-12 text-ink-3 max-sm:hidden">{messages.prompt.hint}</span>
        <Button
          size="small"
          kind="ghost"
          icon="plus"
          label={messages.prompt.insert}
          onClick={() => editor.current?.openMenu()}
        />
        <span className="ml-auto min-w-0">
          <StartFromAgent />
        </span>
      </div>
      <PromptEditor
        ref={editor}
        prompt={question.prompt}
        known={known}
        unknown={new Set(unknown.map(({ name }) => name))}
        exampleOf={exampleOf}
        onChange={(prompt) => draft.change({ ...request, target: { ...question, prompt } }, 'prompt')}
      />
      <UnknownNames />
    </section>
  );
}

/** The agents of the registry, to run one of them instead of a question. The draft keeps the fields that it has now. */
function StartFromAgent() {
  const { draft, request } = useDraft();
  const client = useQueryClient();
  const { data: agents = [] } = useAgents();
  const names = [...new Set(agents.filter((agent) => agent.runs_in_batches).map(({ name }) => name))];
  const { input_mapping: _, ...rest } = request;
  // Without the agent's fields a later change of them is not noticed; nothing else is lost.
  const choose = async (name: string) => {
    const agent = await client.fetchQuery(agentQuery(name)).catch(() => undefined);
    const fields = agent === undefined ? undefined : agentFields(agent);
    draft.change({ ...rest, target: { type: 'agent', name, ...(fields !== undefined && { fields }) } });
  };
  return (
    <Select
      quiet
      label={messages.prompt.startFrom}
      value=""
      choices={[
        { value: '', label: messages.prompt.startFrom },
        ...names.map((name) => ({ value: name, label: name })),
      ]}
      onChange={(name) => name !== '' && void choose(name)}
    />
  );
}
