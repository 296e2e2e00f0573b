import type { ReactNode } from 'react';

/** One line of {@link Facts}: what it is, and its value. */
export type Fact = readonly [label: string, value: ReactNode];

/** Labels with their values, one a line. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="grid grid-cols-[minmax(120px,220px)_minmax(0,1fr)] gap-x-4 gap-y-2 max-sm:grid-cols-1 max-sm:gap-y-0">
      {facts.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-ink-3 max-sm:text-12">{label}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere] max-sm:mb-2">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
