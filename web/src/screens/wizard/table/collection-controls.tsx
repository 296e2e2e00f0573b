import { Field } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import type { Reading } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';
import { TypedField } from './typed-field.tsx';

interface CollectionControlsProps {
  reading: Reading;
  set: <Name extends keyof Reading>(name: Name, value: Reading[Name] | undefined) => void;
}

/** Which documents of a collection are read, in which order, and how they are claimed. */
export function CollectionControls({ reading, set }: CollectionControlsProps) {
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
