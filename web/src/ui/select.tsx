import { Select as Base } from '@base-ui/react/select';
import { classNames } from './class-names.ts';
import { Icon } from './icon.tsx';

/** A choice of {@link Select}. */
export interface Choice<Value extends string> {
  value: Value;
  label: string;
  /** A second, quieter text, such as a price. */
  note?: string | undefined;
}

interface SelectProps<Value extends string> {
  /** Names it for screen readers; with `id`, a label of a Field may do it. */
  label: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  id?: string | undefined;
  disabled?: boolean | undefined;
  /** Without a border, for a row of filters. */
  quiet?: boolean | undefined;
}

/** One of a few choices. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, choices, value, onChange, id, disabled = false, quiet = false } = props;
  return (
    <Base.Root
      items={choices}
      value={value}
      onValueChange={(next) => next !== null && onChange(next as Value)}
      disabled={disabled}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        className={classNames(
          'touch inline-flex items-center gap-1.5 rounded-2 px-2 text-left disabled:cursor-not-allowed disabled:bg-sunken disabled:text-ink-3',
          quiet
            ? 'h-6 font-medium text-12 text-ink-2 hover:bg-hover'
            : 'h-7 w-full min-w-0 border border-line-field bg-bg hover:border-ink-3',
        )}
      >
        <Base.Value className="cut" />
        <Base.Icon className="ml-auto text-ink-3">
          <Icon name="down" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-10 outline-none">
          <Base.Popup className="max-h-(--available-height) min-w-(--anchor-width) overflow-auto rounded-3 bg-bg p-1 shadow-pop outline-none">
            <Base.List>
              {choices.map((choice) => (
                <Base.Item
                  key={choice.value}
                  value={choice.value}
                  className="touch flex h-7 cursor-default select-none items-center gap-2 rounded-2 px-2 outline-none data-highlighted:bg-accent-tint"
                >
                  <span className="size-4">
                    <Base.ItemIndicator>
                      <Icon name="check" />
                    </Base.ItemIndicator>
                  </span>
                  <Base.ItemText>{choice.label}</Base.ItemText>
                  {choice.note !== undefined && <span className="ml-auto pl-3 text-12 text-ink-3">{choice.note}</span>}
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
