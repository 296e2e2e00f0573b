import { classNames } from '../../../ui/class-names.ts';
import { Kbd } from '../../../ui/kbd.tsx';
import { messages } from '../messages.ts';
import type { Place } from './caret-place.ts';
import { PARAM_PREFIX } from './param-prefix.ts';

/** A name that can be inserted. */
export interface TokenChoice {
  name: string;
  isParam: boolean;
}

const MOST = 50;
/** The most that the menu takes, and a line of the prompt, in pixels. */
const HEIGHT = 280;
const LINE = 28;

/** The names that a typed text fits: those that begin with it first. */
export function tokenChoices(known: readonly string[], typed: string): TokenChoice[] {
  const text = typed.trim().toLowerCase();
  const fits = known.filter((name) => name.toLowerCase().includes(text));
  const rank = (name: string) =>
    (name.startsWith(PARAM_PREFIX) ? 2 : 0) + (name.toLowerCase().startsWith(text) ? 0 : 1);
  const ordered = fits.map((name, at) => ({ name, at })).sort((a, b) => rank(a.name) - rank(b.name) || a.at - b.at);
  return ordered.slice(0, MOST).map(({ name }) => ({ name, isParam: name.startsWith(PARAM_PREFIX) }));
}

interface TokenMenuProps {
  choices: readonly TokenChoice[];
  chosen: number;
  place: Place;
  exampleOf: (name: string) => string;
  onInsert: (choice: TokenChoice) => void;
}

const showPopover = (element: HTMLElement | null) => element?.showPopover();

/** The menu below a token that is being written, or above it where the window ends. The focus stays in the text. */
export function TokenMenu({ choices, chosen, place, exampleOf, onInsert }: TokenMenuProps) {
  const { choose, insert, close } = messages.prompt.menuKeys;
  return (
    // In the top layer: the editor scrolls, and would cut it off.
    <div
      popover="manual"
      ref={showPopover}
      className="fixed inset-auto m-0 w-96 max-w-[calc(100vw-16px)] rounded-3 border-0 bg-bg p-1 font-sans text-ink shadow-pop"
      style={{
        left: `max(8px, min(${place.left}px, 100vw - 24rem - 8px))`,
        ...(place.top + HEIGHT > innerHeight ? { bottom: innerHeight - place.top + LINE } : { top: place.top + 4 }),
      }}
    >
      {choices.length === 0 ? (
        <p className="px-2 py-1 text-12 text-ink-3">{messages.prompt.noName}</p>
      ) : (
        <div id="token-menu" role="listbox" aria-label={messages.prompt.menu} className="max-h-56 overflow-auto">
          {choices.map((choice, index) => (
            <div key={choice.name}>
              {choice.isParam !== choices[index - 1]?.isParam && (
                <div role="presentation" className="px-2 pt-1.5 pb-1 text-11 text-ink-3">
                  {choice.isParam ? messages.prompt.menuParams : messages.prompt.menuColumns}
                </div>
              )}
              {/* biome-ignore lint/a11y/useKeyWithClickEvents: the textarea has the keys */}
              <div
                id={`token-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === chosen}
                ref={(element) => {
                  if (index === chosen) element?.scrollIntoView({ block: 'nearest' });
                }}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => onInsert(choice)}
                className={classNames(
                  'touch flex h-7 cursor-default items-center gap-3 rounded-2 px-2',
                  index === chosen ? 'bg-accent-tint' : 'hover:bg-hover',
                )}
              >
                <code className="cut max-w-[70%] flex-none">{choice.name}</code>
                <span className="cut text-12 text-ink-2">{exampleOf(choice.name)}</span>
              </div>
            </div>
          ))}
        </div>
      )}
      <div className="mt-1 flex gap-3 border-line border-t px-2 pt-1 text-11 text-ink-3 max-sm:hidden">
        <span>
          <Kbd>↑</Kbd> <Kbd>↓</Kbd> {choose}
        </span>
        <span>
          <Kbd>Enter</Kbd> {insert}
        </span>
        <span>
          <Kbd>Esc</Kbd> {close}
        </span>
      </div>
    </div>
  );
}
