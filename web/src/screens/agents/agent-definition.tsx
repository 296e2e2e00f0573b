import type { Schemas } from '../../data/api.ts';
import { Facts } from '../../ui/facts.tsx';
import { Section } from '../../ui/section.tsx';
import { messages } from './messages.ts';
import { SchemaFields } from './schema-fields.tsx';

const { definition: words } = messages;

/** What an agent is: model, tools, texts, and the fields of its input and answer. */
export function AgentDefinition({ agent }: { agent: Schemas['AgentDetails'] }) {
  return (
    <>
      <div className="border-line border-b p-4">
        <Facts
          facts={[
            [words.description, agent.description],
            [words.model, agent.model],
            [words.tools, agent.tools.length === 0 ? words.noTools : agent.tools.join(', ')],
            [words.source, agent.source],
          ]}
        />
      </div>
      <Section title={words.instructions}>
        <Prose text={agent.instructions} />
      </Section>
      <Section title={words.prompt}>
        {agent.prompt === null ? <p className="px-4 text-ink-2">{words.promptNone}</p> : <Prose text={agent.prompt} />}
      </Section>
      <Section title={words.input}>
        {agent.input_schema === null ? (
          <p className="px-4 text-ink-2">{words.noInput}</p>
        ) : (
          <SchemaFields schema={agent.input_schema} />
        )}
      </Section>
      <Section title={words.output}>
        {agent.output_schema === null ? (
          <p className="px-4 text-ink-2">{words.noOutput}</p>
        ) : (
          <SchemaFields schema={agent.output_schema} />
        )}
      </Section>
    </>
  );
}

function Prose({ text }: { text: string }) {
  return <p className="max-w-200 whitespace-pre-wrap px-4 [overflow-wrap:anywhere]">{text}</p>;
}
