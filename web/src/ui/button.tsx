import type { ComponentProps, ReactNode } from 'react';
import { useCanWrite } from '../data/connection.ts';
import { shared } from '../messages/shared.ts';
import { classNames } from './class-names.ts';
import { Icon, type IconName } from './icon.tsx';

/** One primary button on a screen. `danger` asks before it acts, and its label ends in "…". */
export type ButtonKind = 'plain' | 'primary' | 'danger' | 'ghost';

/** small 24, plain 28, large 36 pixels. */
export type ButtonSize = 'small' | 'plain' | 'large';

/** How a {@link Button} looks. */
export interface ButtonLook {
  kind?: ButtonKind | undefined;
  size?: ButtonSize | undefined;
  icon?: IconName | undefined;
  /** Only the icon; `label` names it for a tooltip and for screen readers. */
  iconOnly?: boolean | undefined;
}

interface ButtonProps extends Omit<ComponentProps<'button'>, 'children'>, ButtonLook {
  /** What happens, and what it costs: "Start 12,480 rows, about $31". */
  label: string;
  /** Instead of the label, where it needs more than text. */
  children?: ReactNode;
  /**
   * Instead of the label while it works, when it is disabled. It keeps the width of the label: the second click of a double
   * click would otherwise meet the button that moves into its place.
   */
  busy?: string | false | undefined;
  /** Why it is disabled; shown as its title. Put it beside the button too. */
  why?: string | undefined;
  /** It changes something on the server: disabled while there is no connection. */
  writes?: boolean | undefined;
}

const KINDS: { [kind in ButtonKind]: string } = {
  plain: 'border-line-2 bg-bg text-ink hover:bg-hover',
  primary: 'border-accent bg-accent text-accent-ink hover:bg-accent-hover',
  danger: 'border-line-2 bg-bg text-bad hover:bg-hover',
  ghost:
    'border-transparent text-ink-2 enabled:hover:bg-hover enabled:hover:text-ink disabled:border-transparent! disabled:bg-transparent!',
};
const SIZES: { [size in ButtonSize]: string } = {
  small: 'h-6 px-2 text-12',
  plain: 'h-7 px-2.5 text-13',
  large: 'h-9 px-4 text-13',
};

/** The classes of a button, for links that look like one. */
export function buttonClass({ kind = 'plain', size = 'plain', iconOnly = false }: ButtonLook): string {
  return classNames(
    'touch inline-flex flex-none items-center justify-center gap-1.5 rounded-2 border font-medium whitespace-nowrap transition-colors duration-(--fast) hover:no-underline',
    'disabled:border-line disabled:bg-sunken disabled:text-ink-3 disabled:cursor-not-allowed',
    KINDS[kind],
    SIZES[size],
    iconOnly && 'aspect-square px-0!',
  );
}

/** A button that says what happens. */
export function Button(props: ButtonProps) {
  const {
    label,
    children,
    busy = false,
    why,
    writes = false,
    kind,
    size,
    icon,
    iconOnly,
    className,
    disabled,
    ...rest
  } = props;
  const canWrite = useCanWrite();
  const reason = writes && !canWrite ? shared.offline.noWrites : why;
  return (
    <button
      type="button"
      {...rest}
      aria-label={iconOnly || children !== undefined ? label : undefined}
      title={reason ?? (iconOnly ? label : rest.title)}
      disabled={disabled === true || busy !== false || (writes && !canWrite)}
      className={classNames(buttonClass({ kind, size, iconOnly }), className)}
    >
      {icon !== undefined && <Icon name={icon} />}
      {iconOnly ? null : busy === false ? (
        (children ?? label)
      ) : (
        <span className="grid *:[grid-area:1/1]">
          <span className="invisible">{label}</span>
          <span>{busy}</span>
        </span>
      )}
    </button>
  );
}
