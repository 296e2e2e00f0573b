import { type Ref, useEffect, useState } from 'react';
import { Icon } from './icon.tsx';
import { Kbd } from './kbd.tsx';

const TYPING_MS = 200;

interface SearchFieldProps {
  /** For the key `/`. */
  ref: Ref<HTMLInputElement>;
  /** For screen readers. */
  label: string;
  placeholder: string;
  text: string | undefined;
  onText: (text: string | undefined) => void;
}

/** Finds something by a text. The address follows when the typing pauses. */
export function SearchField({ ref, label, placeholder, text = '', onText }: SearchFieldProps) {
  const [typed, setTyped] = useState(text);
  const [known, setKnown] = useState(text);
  if (known !== text) {
    // The address changed by itself: Back, or a link.
    setKnown(text);
    setTyped(text);
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the timer
  useEffect(() => {
    if (typed.trim() === text) return;
    const timer = setTimeout(() => onText(typed.trim() === '' ? undefined : typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label className="touch flex h-7 w-50 items-center gap-1.5 rounded-2 border border-line-field bg-bg px-2 text-ink-3 hover:border-ink-3 has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-1 max-sm:order-last max-sm:w-full">
      <Icon name="search" />
      <input
        ref={ref}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        className="w-full min-w-0 text-ink outline-none placeholder:text-ink-3"
      />
      <span className="max-lg:hidden">
        <Kbd>/</Kbd>
      </span>
    </label>
  );
}
