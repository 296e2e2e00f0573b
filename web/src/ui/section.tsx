import type { ReactNode } from 'react';

/** A part of a screen under a heading; lines, not boxes, divide the parts. */
export function Section({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-line border-b py-4 last:border-b-0">
      <div className="mb-3 flex min-h-5 items-center gap-2 px-4">
        <h2>{title}</h2>
        {actions !== undefined && <div className="ml-auto flex gap-2">{actions}</div>}
      </div>
      {children}
    </section>
  );
}
