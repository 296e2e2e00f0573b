import { type ReactNode, useEffect } from 'react';
import { shared } from '../messages/shared.ts';
import { AskButton } from './ask.tsx';

interface ScreenProps {
  title: string;
  /** In the bar instead of the title, where that says more than has room. */
  shownTitle?: string | undefined;
  /** Before the title: where it belongs. */
  crumb?: ReactNode;
  /** Between the title and the buttons, such as a stepper or tabs. */
  beside?: ReactNode;
  /** Buttons at the right; "Ask" follows them. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A screen: its bar with the title, then its content, which fills the rest and scrolls by itself. */
export function Screen({ title, shownTitle, crumb, beside, actions, children }: ScreenProps) {
  useEffect(() => {
    document.title = `${title} · ${shared.product}`;
  }, [title]);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <header className="flex h-12 flex-none items-center gap-2 border-line border-b px-4 max-sm:h-auto max-sm:min-h-12 max-sm:flex-wrap max-sm:py-1.5">
        {crumb !== undefined && (
          <span className="flex flex-none items-center gap-2 whitespace-nowrap text-ink-3 max-sm:hidden">{crumb}</span>
        )}
        <h1 className="cut min-w-0 max-sm:grow">{shownTitle ?? title}</h1>
        {beside}
        <div className="ml-auto flex flex-none items-center gap-2 max-sm:contents">
          {actions}
          <AskButton />
        </div>
      </header>
      {children}
    </div>
  );
}
