import type { ReactNode } from 'react';
import { formatCount } from '../data/format.ts';
import { classNames } from './class-names.ts';

interface ChipProps {
  children: ReactNode;
  count?: number | undefined;
  pressed: boolean;
  onPress: () => void;
}

/** A filter with its count. */
export function Chip({ children, count, pressed, onPress }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={onPress}
      className={classNames(
        'touch inline-flex h-6 flex-none items-center gap-1.5 rounded-2 border px-2 font-medium text-12 tabular-nums whitespace-nowrap',
        pressed
          ? 'border-accent bg-accent-tint text-ink inset-ring-1 inset-ring-accent'
          : 'border-line-2 text-ink-2 hover:bg-hover',
      )}
    >
      {children}
      {count !== undefined && <span>{formatCount(count)}</span>}
    </button>
  );
}

/** Chips in one line that scrolls sideways on narrow screens. */
export function Chips({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a form
    <div
      role="group"
      aria-label={label}
      className="flex items-center gap-1 [scrollbar-width:none] max-sm:w-full max-sm:overflow-x-auto sm:flex-wrap"
    >
      {children}
    </div>
  );
}
