import { Button } from '../../../ui/button.tsx';
import { Field } from '../../../ui/field.tsx';
import { Note } from '../../../ui/note.tsx';
import { Select } from '../../../ui/select.tsx';
import { Loading } from '../../../ui/states.tsx';
import { columnOf, type InputMapping, isInline } from '../draft/draft-request.ts';
import { useDraft } from '../draft/open-draft.ts';
import { usePlan } from '../draft/use-plan.ts';
import { messages } from '../messages.ts';
import { useAgent } from './use-agent.ts';
import { useKnownNames } from './use-known-names.ts';

const NOTHING = '';

/** An agent of the registry in place of a prompt: how its input is filled from the columns. */
export function AgentInput() {
  const { draft, request } = useDraft();
  const { columns } = useKnownNames();
  const target = request.target === undefined || isInline(request.target) ? undefined : request.target;
  const { data: agent } = useAgent(target);
  const { data: plan } = usePlan();
  const own = () => {
    const { target: _, input_mapping: __, ...rest } = request;
    draft.change(rest);
  };
  const properties = agent?.input_schema?.['properties'];
  const fields = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  const mapping = request.input_mapping ?? plan?.input_mapping ?? {};
  const fill = (field: string, column: string) => {
    const { [field]: _, ...others } = mapping as InputMapping;
    draft.change({ ...request, input_mapping: column === NOTHING ? others : { ...others, [field]: { column } } });
  };
  return (
    <section aria-label={messages.prompt.mapping} className="flex min-h-0 min-w-0 flex-col gap-3 overflow-auto p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="font-semibold">{messages.prompt.agentTitle}</h2>
        <code>{target?.name}</code>
        <span className="ml-auto">
          <Button size="small" label={messages.prompt.agentOwn} onClick={own} />
        </span>
      </div>
      {agent === undefined ? (
        <Loading rows={4} />
      ) : (
        <>
          <p className="whitespace-pre-wrap text-ink-2">{agent.description}</p>
          <div className="grid max-w-120 gap-3">
            {fields.map((field) => (
              <Field key={field} label={field}>
                <Select
                  label={messages.prompt.fill(field)}
                  value={columnOf(mapping[field]) ?? NOTHING}
                  choices={[
                    { value: NOTHING, label: messages.prompt.mappingNone },
                    ...columns.map((column) => ({ value: column, label: column })),
                  ]}
                  onChange={(column) => fill(field, column)}
                />
              </Field>
            ))}
          </div>
          {plan?.problems.map(({ message }) => (
            <Note key={message} kind="bad">
              {message}
            </Note>
          ))}
        </>
      )}
    </section>
  );
}
