import type { Schemas } from '../../data/api.ts';
import { Field, Input, TextArea } from '../../ui/field.tsx';
import { isJson, MESSAGE, type Typed } from './input-of.ts';
import { messages } from './messages.ts';
import { fieldsOf } from './schema-fields.tsx';

const { trial: words } = messages;

interface TrialFieldsProps {
  agent: Schemas['AgentDetails'];
  typed: Typed;
  faults: { [field: string]: string };
  onType: (field: string, text: string) => void;
}

/** A field for each input of the agent, or one for a message. */
export function TrialFields({ agent, typed, faults, onType }: TrialFieldsProps) {
  if (agent.input_schema === null) {
    return (
      <Field label={words.message} error={faults[MESSAGE]}>
        <TextArea rows={4} value={typed[MESSAGE] ?? ''} onChange={({ target }) => onType(MESSAGE, target.value)} />
      </Field>
    );
  }
  return (
    <>
      {fieldsOf(agent.input_schema).map((field) => {
        const { name, type, meaning, isRequired } = field;
        const control = { value: typed[name] ?? '', autoComplete: 'off' };
        return (
          <Field
            key={name}
            label={name}
            note={isRequired ? type : `${type}, ${words.json}`}
            hint={meaning === '' ? undefined : meaning}
            error={faults[name]}
          >
            {isJson(field) || type === 'string' ? (
              <TextArea
                rows={isJson(field) ? 3 : 2}
                {...control}
                onChange={({ target }) => onType(name, target.value)}
              />
            ) : (
              <Input {...control} onChange={({ target }) => onType(name, target.value)} />
            )}
          </Field>
        );
      })}
    </>
  );
}
