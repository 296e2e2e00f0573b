import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement } from 'react';
import { classNames } from './class-names.ts';
import { Icon, type IconName } from './icon.tsx';

/** One line of a menu. */
export interface MenuItem {
  /** Tells items with the same label apart. */
  id?: string;
  label: string;
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  /** Chosen among its neighbours: a tick stands before it. */
  checked?: boolean;
  onSelect: () => void;
}

/** A button that opens a menu. `trigger` is a Button. */
export function Menu({ trigger, items }: { trigger: ReactElement; items: readonly MenuItem[] }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-10 outline-none">
          <Base.Popup className="max-h-(--available-height) min-w-44 max-w-[min(400px,var(--available-width))] overflow-y-auto rounded-3 bg-bg p-1 shadow-pop outline-none">
            {items.map(({ id, label, icon, danger = false, disabled = false, checked, onSelect }) => (
              <Base.Item
                key={id ?? label}
                disabled={disabled}
                onClick={onSelect}
                className={classNames(
                  'touch flex h-7 cursor-default select-none items-center gap-2 rounded-2 px-2 outline-none data-disabled:text-ink-3 data-highlighted:bg-accent-tint',
                  danger && 'text-bad',
                )}
              >
                {icon !== undefined && <Icon name={icon} />}
                {checked !== undefined && <span className="size-4">{checked && <Icon name="check" />}</span>}
                <span className="cut">{label}</span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
