import type { ReactNode } from 'react';

/** What may be wider than the screen, such as a table: it scrolls sideways, by the keyboard too. */
export function Wide({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: it may stand in a section of the same name
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div role="group" aria-label={label} tabIndex={0} className="min-w-0 overflow-x-auto">
      {children}
    </div>
  );
}
