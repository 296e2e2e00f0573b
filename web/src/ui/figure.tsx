import type { ReactNode } from 'react';

interface FigureProps {
  label: string;
  /** At the right of the label. */
  aside?: ReactNode;
  /** Takes two columns on narrow screens, and more room than the others in a row. */
  wide?: boolean;
  note: ReactNode;
  children: ReactNode;
}

/** A figure in a strip over a screen: its label, itself, and one clause. */
export function Figure({ label, aside, wide = false, note, children }: FigureProps) {
  return (
    <div
      className={`min-w-0 border-line px-4 py-3 max-sm:border-b max-sm:py-2 max-sm:last:border-b-0 sm:not-first:border-l ${wide ? 'flex-2 max-sm:col-span-2' : 'flex-1 max-sm:last:col-span-2 max-sm:nth-3:border-l'}`}
    >
      <div className="flex justify-between gap-2 text-11 text-ink-3">
        <span className="font-medium">{label}</span>
        {aside !== undefined && <span className="whitespace-nowrap tabular-nums">{aside}</span>}
      </div>
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
