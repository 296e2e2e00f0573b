import type { ReactNode } from 'react';
import type { Schemas } from '../../../data/api.ts';
import { Field, Input } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import type { Reading } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';

const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'windows-1252',
  'windows-1250',
  'windows-1251',
  'gbk',
  'big5',
  'shift_jis',
  'euc-kr',
];
const DETECT = 'detect';

interface ReadingControlsProps {
  preview: Schemas['TablePreview'];
  reading: Reading;
  onChange: (reading: Reading) => void;
}

/** How the table is read: each option with the value that was detected, or chosen. */
export function ReadingControls({ preview, reading, onChange }: ReadingControlsProps) {
  const found = preview.reading;
  const set = <Name extends keyof Reading>(name: Name, value: Reading[Name] | undefined) => {
    const { [name]: _, ...rest } = reading;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  const note = (name: keyof Reading): ReactNode =>
    reading[name] === undefined ? messages.data.detected : messages.data.chosen;
  const isText = preview.format === 'csv' || preview.format === 'tsv';
  if (preview.format === 'xlsx') {
    return (
      <TypedField
        label={messages.data.sheet}
        note={note('sheet')}
        value={found.sheet ?? ''}
        onTyped={(text) => set('sheet', text || undefined)}
      />
    );
  }
  if (preview.format === 'mongodb') return <CollectionControls reading={reading} set={set} />;
  if (!isText) return null;
  const choose = (name: 'encoding' | 'delimiter' | 'quote', label: string, names: readonly [string, string][]) => {
    const value = reading[name] ?? DETECT;
    const detected = named(found[name] ?? '', names);
    const known =
      names.some(([one]) => one === value) || value === DETECT ? names : [...names, [value, value] as const];
    return (
      <Field label={label} note={note(name)}>
        <Select
          label={label}
          value={value}
          choices={[
            { value: DETECT, label: detected === '' ? messages.data.detect : detected },
            ...known.map(([one, text]) => ({ value: one, label: text })),
          ]}
          onChange={(next) => set(name, next === DETECT ? undefined : next)}
        />
      </Field>
    );
  };
  return (
    <>
      {choose(
        'encoding',
        messages.data.encoding,
        ENCODINGS.map((one) => [one, one]),
      )}
      {choose('delimiter', messages.data.delimiter, Object.entries(messages.data.delimiters))}
      <Field label={messages.data.header} note={note('header')}>
        <Select
          label={messages.data.header}
          value={reading.header === false ? 'none' : 'first'}
          choices={[
            { value: 'first', label: messages.data.headerFirst },
            { value: 'none', label: messages.data.headerNone },
          ]}
          onChange={(next) => set('header', next === 'none' ? false : undefined)}
        />
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <TypedField
          label={messages.data.skip}
          value={String(reading.skip_lines ?? found.skip_lines ?? 0)}
          onTyped={(text) => set('skip_lines', /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined)}
        />
        {choose('quote', messages.data.quote, Object.entries(messages.data.quotes))}
      </div>
    </>
  );
}

interface CollectionControlsProps {
  reading: Reading;
  set: <Name extends keyof Reading>(name: Name, value: Reading[Name] | undefined) => void;
}

/** Which documents of a collection are read, in which order, and how they are claimed. */
function CollectionControls({ reading, set }: CollectionControlsProps) {
  const number = (name: 'limit' | 'batch_size' | 'max_attempts', label: string, note?: string) => (
    <TypedField
      label={label}
      note={note}
      value={String(reading[name] ?? '')}
      onTyped={(text) => set(name, /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)}
    />
  );
  return (
    <>
      <TypedField
        label={messages.data.filter}
        note={messages.data.filterNote}
        value={reading.filter ?? ''}
        onTyped={(text) => set('filter', text || undefined)}
      />
      <TypedField
        label={messages.data.sort}
        note={messages.data.sortNote}
        value={reading.sort ?? ''}
        onTyped={(text) => set('sort', text || undefined)}
      />
      <TypedField
        label={messages.data.fields}
        note={messages.data.fieldsNote}
        value={reading.columns ?? ''}
        onTyped={(text) => set('columns', text || undefined)}
      />
      {number('limit', messages.data.limit)}
      <div className="grid grid-cols-2 gap-3">
        {number('batch_size', messages.data.batchSize, messages.data.batchSizeNote)}
        {number('max_attempts', messages.data.attempts, messages.data.attemptsNote)}
      </div>
      <Field label={messages.data.watch}>
        <Select
          label={messages.data.watch}
          value={reading.watch === true ? 'on' : 'off'}
          choices={[
            { value: 'off', label: messages.data.watchOff },
            { value: 'on', label: messages.data.watchOn },
          ]}
          onChange={(next) => set('watch', next === 'on' ? true : undefined)}
        />
      </Field>
    </>
  );
}

function named(mark: string, names: readonly [string, string][]): string {
  const plain = mark === '\t' ? 'tab' : mark;
  return names.find(([one]) => one === plain)?.[1] ?? plain;
}

/** A text that counts when the field is left, or with Enter. */
function TypedField(props: { label: string; note?: ReactNode; value: string; onTyped: (text: string) => void }) {
  const { label, note, value, onTyped } = props;
  return (
    <Field label={label} note={note}>
      <Input
        key={value}
        defaultValue={value}
        onBlur={({ target }) => target.value !== value && onTyped(target.value.trim())}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
    </Field>
  );
}
