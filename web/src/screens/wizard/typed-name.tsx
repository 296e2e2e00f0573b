import type { ComponentProps } from 'react';
import { Input } from '../../ui/field.tsx';

interface TypedNameProps extends Omit<ComponentProps<typeof Input>, 'value' | 'defaultValue'> {
  value: string;
  /** What is wrong with a name; the empty text when nothing is. */
  faultOf: (name: string) => string;
  /** Is called with a good name, also with the old one. */
  onTyped: (name: string) => void;
}

/** A name that counts when the field is left, or with Enter; Escape brings the old one back. One with a fault stays. */
export function TypedName({ value, faultOf, onTyped, ...rest }: TypedNameProps) {
  const end = (input: HTMLInputElement) => {
    const name = input.value.trim();
    const fault = faultOf(name);
    input.setCustomValidity(fault);
    if (fault === '') onTyped(name);
    else input.reportValidity();
  };
  return (
    <Input
      key={value}
      spellCheck={false}
      {...rest}
      defaultValue={value}
      onBlur={({ currentTarget }) => end(currentTarget)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.value = value;
        if (event.key === 'Enter' || event.key === 'Escape') end(event.currentTarget);
      }}
    />
  );
}
