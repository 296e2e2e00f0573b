import type { ReactNode } from 'react';
import type { Schemas } from '../../../data/api.ts';
import { Field } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import type { Reading } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';
import { CollectionControls } from './collection-controls.tsx';
import { TypedField } from './typed-field.tsx';

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
  if (preview.sheets.length > 0) {
    const { sheets } = preview;
    return (
      <Field
        label={messages.data.sheet}
        note={note('sheet')}
        hint={sheets.length > 1 && messages.data.sheets(sheets.length)}
      >
        <Select
          label={messages.data.sheet}
          value={sheets.find((one) => one.is_read)?.name ?? ''}
          choices={sheets.map(({ name }) => ({ value: name, label: name }))}
          onChange={(name) => set('sheet', name)}
        />
      </Field>
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

function named(mark: string, names: readonly [string, string][]): string {
  const plain = mark === '\t' ? 'tab' : mark;
  return names.find(([one]) => one === plain)?.[1] ?? plain;
}
