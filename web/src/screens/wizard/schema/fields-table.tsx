import { Button } from '../../../ui/button.tsx';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { Input } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import type { AnswerField } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';
import { type FieldFault, fieldFaults } from './field-faults.ts';
import { FIELD_TYPES, type FieldType, INNER_TYPES, typeOf, withType } from './field-types.ts';

const choicesOf = (types: readonly FieldType[]) =>
  types.map((type) => ({ value: type, label: messages.schema.types[type] }));
const TYPES = { outer: choicesOf(FIELD_TYPES), inner: choicesOf(INNER_TYPES) };
const MOST_FIELDS = 50;

interface FieldsTableProps {
  fields: readonly AnswerField[];
  onChange: (fields: AnswerField[], group?: string) => void;
}

/** The fields of the answer: each becomes a column. */
export function FieldsTable({ fields, onChange }: FieldsTableProps) {
  return (
    <div className="px-4 pb-3 max-sm:pt-3">
      <div className="grid grid-cols-[minmax(120px,180px)_minmax(96px,150px)_minmax(0,1fr)_64px_88px] gap-2 py-2 text-12 text-ink-2 max-sm:hidden">
        <span>{messages.schema.name}</span>
        <span>{messages.schema.type}</span>
        <span>{messages.schema.meaning}</span>
        <span>{messages.schema.required}</span>
      </div>
      <FieldList fields={fields} onChange={onChange} label={messages.schema.title} id="field" kind="outer" />
    </div>
  );
}

interface FieldListProps extends FieldsTableProps {
  label: string;
  /** Begins the ids of its lines. */
  id: string;
  kind: 'outer' | 'inner';
}

function FieldList({ fields, onChange, label, id, kind }: FieldListProps) {
  const faults = fieldFaults(fields);
  const replace = (at: number, field: AnswerField, group?: string) =>
    onChange(
      fields.map((old, index) => (index === at ? field : old)),
      group,
    );
  const move = (at: number, to: number) => {
    const next = fields.filter((_, index) => index !== at);
    const moved = fields[at];
    if (moved !== undefined) onChange(next.toSpliced(to, 0, moved));
  };
  return (
    <div>
      <ol className="grid gap-2" aria-label={label}>
        {fields.map((field, at) => (
          <FieldLine
            // biome-ignore lint/suspicious/noArrayIndexKey: a field is known by its place; its name is being written
            key={at}
            {...{ at, kind }}
            id={`${id}-${at}`}
            field={field}
            faults={faults.filter((fault) => fault.at === at)}
            onChange={(next, group) => replace(at, next, group)}
            onUp={at > 0 ? () => move(at, at - 1) : undefined}
            onDown={at < fields.length - 1 ? () => move(at, at + 1) : undefined}
            onRemove={() => onChange(fields.filter((_, index) => index !== at))}
          />
        ))}
      </ol>
      <div className="mt-2">
        <Button
          kind="ghost"
          icon="plus"
          label={kind === 'outer' ? messages.schema.add : messages.schema.addTo(label)}
          disabled={fields.length >= MOST_FIELDS}
          onClick={() => onChange([...fields, { name: freeName(fields), type: 'string' }])}
        />
      </div>
    </div>
  );
}

interface FieldLineProps extends Pick<FieldListProps, 'id' | 'kind'> {
  at: number;
  field: AnswerField;
  faults: readonly FieldFault[];
  onChange: (field: AnswerField, group?: string) => void;
  onUp: (() => void) | undefined;
  onDown: (() => void) | undefined;
  onRemove: () => void;
}

function FieldLine({ at, id, kind, field, faults, onChange, onUp, onDown, onRemove }: FieldLineProps) {
  const { description: _, nullable: __, ...plain } = field;
  const name = field.name || messages.schema.nameOf(at + 1);
  const own = faults.filter(({ part }) => part !== 'fields');
  const hasNameFault = faults.some(({ part }) => part === 'name');
  return (
    <li className="grid grid-cols-[minmax(120px,180px)_minmax(96px,150px)_minmax(0,1fr)_64px_88px] items-center gap-2 max-sm:grid-cols-2 max-sm:border-line max-sm:border-b max-sm:pb-2">
      <Input
        className="font-mono text-12"
        aria-label={kind === 'outer' ? messages.schema.nameOf(at + 1) : messages.schema.innerNameOf(at + 1)}
        aria-invalid={hasNameFault}
        aria-describedby={hasNameFault ? `${id}-fault` : undefined}
        placeholder={messages.schema.name}
        spellCheck={false}
        value={field.name}
        onChange={({ target }) => onChange({ ...field, name: target.value }, `name ${id}`)}
      />
      <Select
        label={messages.schema.typeOf(name)}
        value={typeOf(field)}
        choices={TYPES[kind]}
        onChange={(type) => onChange(withType(field, type))}
      />
      <Input
        className="max-sm:col-span-2 max-sm:row-start-2"
        aria-label={messages.schema.meaningOf(name)}
        placeholder={messages.schema.meaning}
        maxLength={1000}
        value={field.description ?? ''}
        onChange={({ target }) =>
          onChange(
            {
              ...plain,
              ...(field.nullable === true && { nullable: true }),
              ...(target.value !== '' && { description: target.value }),
            },
            `meaning ${id}`,
          )
        }
      />
      <span className="flex items-center justify-center gap-2 max-sm:justify-start">
        <Checkbox
          bare
          label={messages.schema.requiredOf(name)}
          checked={field.nullable !== true}
          onChange={(isRequired) => {
            const { nullable: ___, ...rest } = field;
            onChange(isRequired ? rest : { ...rest, nullable: true });
          }}
        />
        <span aria-hidden="true" className="text-12 text-ink-2 sm:hidden">
          {messages.schema.required}
        </span>
      </span>
      <span className="flex justify-end">
        <Button
          kind="ghost"
          size="small"
          icon="up"
          iconOnly
          label={messages.schema.up(name)}
          disabled={onUp === undefined}
          onClick={onUp}
        />
        <Button
          kind="ghost"
          size="small"
          icon="down"
          iconOnly
          label={messages.schema.down(name)}
          disabled={onDown === undefined}
          onClick={onDown}
        />
        <Button
          kind="ghost"
          size="small"
          icon="close"
          iconOnly
          label={messages.schema.remove(name)}
          onClick={onRemove}
        />
      </span>
      {field.values !== undefined && (
        <Input
          className="col-span-3 max-sm:col-span-2"
          aria-label={messages.schema.valuesOf(name)}
          placeholder={messages.schema.values}
          defaultValue={field.values.join(', ')}
          onChange={({ target }) => onChange({ ...field, values: valuesOf(target.value) }, `values ${id}`)}
        />
      )}
      {field.fields !== undefined && (
        <div className="col-span-full border-line-2 border-l-2 pl-3">
          <FieldList
            fields={field.fields}
            label={messages.schema.fieldsOf(name)}
            id={id}
            kind="inner"
            onChange={(inner, group) =>
              onChange({ ...field, fields: inner as NonNullable<AnswerField['fields']> }, group)
            }
          />
        </div>
      )}
      {own.length > 0 && (
        <p id={`${id}-fault`} role="alert" className="col-span-full text-12 text-bad">
          {own.map(({ message }) => message).join(' ')}
        </p>
      )}
    </li>
  );
}

function valuesOf(text: string): string[] {
  return [...new Set(text.split(',').map((value) => value.trim()))].filter((value) => value !== '');
}

function freeName(fields: readonly AnswerField[]): string {
  const taken = new Set(fields.map(({ name }) => name));
  let n = fields.length + 1;
  while (taken.has(`field_${n}`)) n += 1;
  return `field_${n}`;
}
