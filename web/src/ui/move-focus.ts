import type { KeyboardEvent } from 'react';

/** Arrows, Home and End move between the lines of a table: the elements with `data-line`. */
export function moveFocus(event: KeyboardEvent<HTMLTableElement>): void {
  const lines = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-line]')];
  const at = lines.indexOf(event.target as HTMLElement);
  // The arrows of a control in a line are its own.
  if (at === -1) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
  const next = to === undefined ? undefined : lines[to];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
