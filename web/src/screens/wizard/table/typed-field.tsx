import type { ReactNode } from 'react';
import { Field, Input } from '../../../ui/field.tsx';

interface TypedFieldProps {
  label: string;
  note?: ReactNode;
  value: string;
  onTyped: (text: string) => void;
}

/** A text that counts when the field is left, or with Enter. */
export function TypedField({ label, note, value, onTyped }: TypedFieldProps) {
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
