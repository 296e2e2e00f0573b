import type { ReactNode } from 'react';

interface FigureProps {
  label: string;
  /** Takes two columns on narrow screens. */
  wide?: boolean;
  note: ReactNode;
  children: ReactNode;
}

/** A figure in a strip over a screen: its label, itself, and one clause. */
export function Figure({ label, wide = false, note, children }: FigureProps) {
  return (
    <div
      className={`min-w-0 border-line px-4 py-3 max-sm:border-b max-sm:py-2 max-sm:last:border-b-0 sm:not-first:border-l ${wide ? 'max-sm:col-span-2' : 'max-sm:nth-3:border-l'}`}
    >
      <div className="font-medium text-11 text-ink-3">{label}</div>
      <div className="flex h-5 items-baseline gap-1.5 whitespace-nowrap font-semibold text-15 tracking-[-.01em] tabular-nums">
        {children}
      </div>
      <div className="cut h-4 text-12 text-ink-3">{note}</div>
    </div>
  );
}

/** A lesser text beside a figure. */
export function Small({ children }: { children: ReactNode }) {
  return <small className="font-normal text-12 text-ink-2 tracking-normal">{children}</small>;
}
