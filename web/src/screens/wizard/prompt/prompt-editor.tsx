import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import { classNames } from '../../../ui/class-names.ts';
import { messages } from '../messages.ts';
import { caretPlace, type Place } from './caret-place.ts';
import { promptPieces } from './prompt-tokens.ts';
import { type TokenChoice, TokenMenu, tokenChoices } from './token-menu.tsx';

/** What a button beside the editor may do. */
export interface EditorHandle {
  /** Writes `{{` where the caret is, so that the menu opens. */
  openMenu(): void;
}

interface PromptEditorProps {
  ref: Ref<EditorHandle>;
  prompt: string;
  onChange: (prompt: string) => void;
  /** What tokens may name. */
  known: readonly string[];
  /** Names that tokens have though nothing has them. */
  unknown: ReadonlySet<string>;
  /** An example of each name's value. */
  exampleOf: (name: string) => string;
}

interface OpenMenu {
  /** Where the name begins, after the braces. */
  from: number;
  typed: string;
  place: Place;
}

/**
 * A textarea with a layer below it that marks the tokens. `{{` opens a menu of what can be named; arrows choose, Enter or
 * Tab inserts, Escape closes it.
 */
export function PromptEditor({ ref, prompt, onChange, known, unknown, exampleOf }: PromptEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [menu, setMenu] = useState<OpenMenu>();
  const [chosen, choose] = useState(0);
  const caret = useRef<number>(undefined);
  const choices = menu === undefined ? [] : tokenChoices(known, menu.typed);

  // Before the next key is pressed.
  useLayoutEffect(() => {
    const input = area.current;
    if (caret.current === undefined || input === null) return;
    input.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
    look(input);
  });

  // The menu stands in the window: it goes with the text.
  const isOpen = menu !== undefined;
  useEffect(() => {
    if (!isOpen) return;
    const follow = () =>
      setMenu((old) => {
        const input = area.current;
        return old === undefined || input === null ? old : { ...old, place: caretPlace(input, input.selectionStart) };
      });
    document.addEventListener('scroll', follow, true);
    return () => document.removeEventListener('scroll', follow, true);
  }, [isOpen]);

  useImperativeHandle(ref, () => ({
    openMenu() {
      const input = area.current;
      if (input === null) return;
      const [from, to] = [input.selectionStart, input.selectionEnd];
      input.focus();
      caret.current = from + 2;
      onChange(`${prompt.slice(0, from)}{{${prompt.slice(to)}`);
    },
  }));

  function look(input: HTMLTextAreaElement): void {
    const at = input.selectionStart;
    const [, typed] = /\{\{ ?([^{}\n]*)$/.exec(input.value.slice(0, at)) ?? [];
    const isAfter = input.value.slice(at).startsWith('}}');
    const opens = typed !== undefined && !isAfter && input.selectionEnd === at;
    choose(0);
    setMenu(opens ? { from: at - typed.length, typed, place: caretPlace(input, at) } : undefined);
  }

  function insert({ name }: TokenChoice): void {
    if (menu === undefined) return;
    const before = prompt.slice(0, menu.from).replace(/ $/, '');
    const after = prompt.slice(menu.from + menu.typed.length);
    caret.current = before.length + name.length + 2;
    onChange(`${before}${name}}}${after}`);
    setMenu(undefined);
    area.current?.focus();
  }

  function press(event: KeyboardEvent): void {
    if (menu === undefined) return;
    const moves: { [key: string]: number } = { ArrowDown: 1, ArrowUp: -1 };
    const move = moves[event.key];
    const choice = choices[chosen];
    if (move !== undefined && choices.length > 0) choose((chosen + move + choices.length) % choices.length);
    else if ((event.key === 'Enter' || event.key === 'Tab') && choice !== undefined && !event.ctrlKey) insert(choice);
    else if (event.key === 'Escape') setMenu(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const lines = prompt.split('\n').length;
  return (
    <div className="relative flex min-h-60 flex-1 overflow-auto bg-bg font-mono text-13">
      <div aria-hidden="true" className="flex-none select-none px-4 py-3 text-right text-11 text-ink-3 max-sm:hidden">
        {Array.from({ length: lines }, (_, line) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has nothing but its number
          <div key={line} className="h-6 leading-6">
            {line + 1}
          </div>
        ))}
      </div>
      <div className="relative grow">
        <pre aria-hidden="true" className="prompt-text pointer-events-none min-h-full text-ink">
          {promptPieces(prompt, known).map(({ text, name, at }) =>
            name === undefined ? (
              <span key={at}>{text}</span>
            ) : (
              <mark
                key={at}
                className={classNames(
                  'rounded-1',
                  unknown.has(name)
                    ? 'bg-bad-tint text-bad underline decoration-wavy underline-offset-4'
                    : 'bg-accent-tint text-accent',
                )}
              >
                {text}
              </mark>
            ),
          )}
          {'\n'}
        </pre>
        <textarea
          ref={area}
          aria-label={messages.prompt.label}
          aria-controls={menu === undefined ? undefined : 'token-menu'}
          aria-activedescendant={menu === undefined || choices.length === 0 ? undefined : `token-${chosen}`}
          className="prompt-text absolute inset-0 size-full resize-none overflow-hidden bg-transparent text-transparent caret-ink outline-none placeholder:text-ink-3"
          placeholder={messages.prompt.empty}
          spellCheck={false}
          value={prompt}
          onChange={({ target }) => {
            onChange(target.value);
            look(target);
          }}
          onKeyDown={press}
          onClick={({ currentTarget }) => look(currentTarget)}
          onBlur={() => setMenu(undefined)}
        />
        {menu !== undefined && (
          <TokenMenu choices={choices} chosen={chosen} place={menu.place} exampleOf={exampleOf} onInsert={insert} />
        )}
      </div>
    </div>
  );
}
