import { Table } from '../../ui/table.tsx';
import { messages } from './messages.ts';

const { definition: words } = messages;

/** A JSON Schema, or a part of one. */
export type Schema = { [key: string]: unknown };

/** One field of an object's schema. */
export interface SchemaField {
  name: string;
  type: string;
  isRequired: boolean;
  meaning: string;
  schema: Schema;
}

/** The fields of a schema of an object, in their order. */
export function fieldsOf(schema: Schema): SchemaField[] {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(properties).flatMap(([name, field]) =>
    isSchema(field)
      ? [
          {
            name,
            type: typeText(field),
            isRequired: required.includes(name),
            meaning: typeof field['description'] === 'string' ? field['description'] : '',
            schema: field,
          },
        ]
      : [],
  );
}

/** The fields of a schema as a table, and the schema itself on demand. */
export function SchemaFields({ schema }: { schema: Schema }) {
  return (
    <>
      <Table
        className="[&_td]:whitespace-normal! [&_td]:py-1.5! [&_td]:align-top"
        columns={[{ label: words.field }, { label: words.type }, { label: words.meaning, className: 'max-sm:hidden' }]}
      >
        {fieldsOf(schema).map(({ name, type, isRequired, meaning }) => (
          <tr key={name}>
            <td>
              <code>{name}</code>
            </td>
            <td>
              {type}
              {isRequired && <span className="ml-2 text-12 text-ink-3">{words.required}</span>}
            </td>
            <td className="text-ink-2 max-sm:hidden">{meaning}</td>
          </tr>
        ))}
      </Table>
      <details className="px-4 pt-3">
        <summary className="touch w-fit text-12 text-ink-2">{words.schema}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
        <pre tabIndex={0} className="mt-2 overflow-x-auto bg-surface p-3">
          {JSON.stringify(schema, null, 2)}
        </pre>
      </details>
    </>
  );
}

function typeText(schema: Schema): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map(String).join(', ');
  const type = schema['type'];
  if (Array.isArray(type)) return type.map(String).join(' or ');
  if (type === 'array') return `list of ${isSchema(schema['items']) ? typeText(schema['items']) : 'anything'}`;
  return typeof type === 'string' ? type : 'anything';
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
