import { classNames } from './class-names.ts';
import { Icon } from './icon.tsx';

/** A choice of {@link Select}. */
export interface Choice<Value extends string> {
  value: Value;
  label: string;
  /** A second text, such as a price. */
  note?: string | undefined;
}

interface SelectProps<Value extends string> {
  /** Names it for screen readers. */
  label: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  id?: string | undefined;
  disabled?: boolean | undefined;
  /** Without a border, for a row of filters. */
  quiet?: boolean | undefined;
}

/** One of a few choices: the browser's own list, which every reader, keyboard and phone knows, and which weighs nothing. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, choices, value, onChange, id, disabled = false, quiet = false } = props;
  return (
    <span className={classNames('relative inline-flex min-w-0 items-center', !quiet && 'w-full')}>
      <select
        id={id}
        aria-label={label}
        value={value}
        disabled={disabled}
        onChange={({ target }) => onChange(target.value as Value)}
        className={classNames(
          'touch cut appearance-none rounded-2 pr-7 pl-2 disabled:cursor-not-allowed disabled:bg-sunken disabled:text-ink-3',
          quiet
            ? 'field-sizing-content h-6 max-w-60 bg-bg font-medium text-12 text-ink-2 hover:bg-hover'
            : 'h-7 w-full min-w-0 border border-line-field bg-bg hover:border-ink-3',
        )}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} className="bg-bg text-ink">
            {choice.note === undefined ? choice.label : `${choice.label} · ${choice.note}`}
          </option>
        ))}
      </select>
      <Icon name="down" className="pointer-events-none absolute right-2 size-4 text-ink-3" />
    </span>
  );
}
