import { Checkbox as Base } from '@base-ui/react/checkbox';
import { useId } from 'react';
import { Icon } from './icon.tsx';

interface CheckboxProps {
  label: string;
  /** The label is for screen readers only, such as in a row of a table. */
  bare?: boolean;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** A box to tick. */
export function Checkbox({ label, bare = false, checked, onChange, disabled = false }: CheckboxProps) {
  const id = useId();
  const box = (
    <Base.Root
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      {...(bare ? { 'aria-label': label } : { 'aria-labelledby': id })}
      className="inline-grid size-4 flex-none place-items-center rounded-1 border border-line-field bg-bg data-checked:border-accent data-checked:bg-accent data-checked:text-accent-ink"
    >
      <Base.Indicator>
        <Icon name="check" className="size-3" />
      </Base.Indicator>
    </Base.Root>
  );
  if (bare) return box;
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the box above, labelled by the text's id
    <label className="touch inline-flex items-center gap-2">
      {box}
      <span id={id}>{label}</span>
    </label>
  );
}
