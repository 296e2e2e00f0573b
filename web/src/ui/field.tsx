import { Field as Base } from '@base-ui/react/field';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface FieldProps {
  label: string;
  /** Right of the label: the word "detected" or its like. */
  note?: ReactNode;
  hint?: ReactNode | undefined;
  /** The cause and the fix; undefined when nothing is wrong. */
  error?: ReactNode | undefined;
  children: ReactNode;
}

/** A label above a control, with a hint or an error below. The control is an {@link Input} or a Select. */
export function Field({ label, note, hint, error, children }: FieldProps) {
  return (
    <Base.Root invalid={error !== undefined} className="grid gap-1">
      <div className="flex items-baseline gap-1.5">
        <Base.Label className="font-medium text-12">{label}</Base.Label>
        {note !== undefined && <span className="ml-auto text-11 text-ink-3">{note}</span>}
      </div>
      {children}
      {error !== undefined ? (
        <Base.Error match className="text-12 text-bad">
          {error}
        </Base.Error>
      ) : (
        hint !== undefined && <Base.Description className="text-12 text-ink-3">{hint}</Base.Description>
      )}
    </Base.Root>
  );
}

/** One line of text. Outside of a Field it needs an `aria-label`. */
export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <Base.Control
      {...rest}
      className={classNames(
        'touch h-7 w-full min-w-0 rounded-2 border border-line-field bg-bg px-2 placeholder:text-ink-3 hover:border-ink-3 disabled:bg-sunken disabled:text-ink-3 data-invalid:border-bad',
        className,
      )}
    />
  );
}

/** Several lines of text, in a Field. It grows with its text. */
export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return (
    <Base.Control
      render={<textarea {...rest} />}
      value={rest.value}
      className={classNames(
        'field-sizing-content max-h-80 min-h-14 w-full min-w-0 resize-y rounded-2 border border-line-field bg-bg px-2 py-1 placeholder:text-ink-3 hover:border-ink-3 data-invalid:border-bad',
        className,
      )}
    />
  );
}
