import { useEffect, useEffectEvent } from 'react';
import { createStore } from '../data/store.ts';

/** A key of the keyboard with what it does. */
export interface Key {
  /** As `KeyboardEvent.key`, such as `/` or `j`; `Ctrl+Enter` for the main action of a step. */
  key: string;
  /** For the list of keys. */
  does: string;
  run: () => void;
}

/** The keys that are active now, for the list that `?` shows. */
export const activeKeys = createStore<readonly Key[]>([]);

/** Makes keys active while the component is shown. Single characters are off inside fields and dialogs. */
export function useKeys(keys: readonly Key[]): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || event.metaKey) return;
    const found = keys.find(({ key }) => key === nameOf(event));
    if (found === undefined || (!event.ctrlKey && isTaken(event.target))) return;
    event.preventDefault();
    found.run();
  });
  const names = keys.map(({ key }) => key).join(' ');
  const current = useEffectEvent(() => keys);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the names decide which keys are active
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    const own = current();
    activeKeys.set([...activeKeys.get(), ...own]);
    document.addEventListener('keydown', listen);
    return () => {
      document.removeEventListener('keydown', listen);
      activeKeys.set(activeKeys.get().filter((key) => !own.includes(key)));
    };
  }, [names]);
}

function nameOf(event: KeyboardEvent): string {
  return event.ctrlKey ? `Ctrl+${event.key}` : event.key;
}

function isTaken(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"], [role="listbox"]') !==
      null
  );
}
