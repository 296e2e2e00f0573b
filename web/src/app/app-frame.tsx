import { Link, Outlet, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { needsKey } from '../data/sign-in.ts';
import { useStore } from '../data/store.ts';
import { shared } from '../messages/shared.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { useAsk } from './ask.tsx';
import { ConnectionMark, OfflineBanner } from './connection-mark.tsx';
import { useKeys } from './keys.ts';
import { messages } from './messages.ts';
import { Navigation } from './navigation.tsx';
import { NoticeLine } from './notice-line.tsx';

/** A server that is gone just now must not take the whole screen with it: the day's money is left out. */
const dayMoney = () => import('./day-money.tsx').catch(() => ({ DayMoney: Nothing, DayMoneyShort: Nothing }));
const DayMoney = lazy(() => dayMoney().then((found) => ({ default: found.DayMoney })));
const DayMoneyShort = lazy(() => dayMoney().then((found) => ({ default: found.DayMoneyShort })));
const SignInDialog = lazy(() => import('./sign-in-dialog.tsx').then((found) => ({ default: found.SignInDialog })));
const KeysDialog = lazy(() => import('./keys-dialog.tsx').then((found) => ({ default: found.KeysDialog })));
const MenuDialog = lazy(() => import('./menu-dialog.tsx').then((found) => ({ default: found.MenuDialog })));
const ChatPanel = lazy(() => import('../screens/chat/chat-panel.tsx').then((found) => ({ default: found.ChatPanel })));

/** What stands around every screen: navigation, the money of the day, and what may cover or stand beside a screen. */
export function AppFrame() {
  const { chat } = useSearch({ from: '__root__' });
  const ask = useAsk();
  const asksForKey = useStore(needsKey);
  const [open, setOpen] = useState<'keys' | 'menu'>();
  const close = () => setOpen(undefined);
  useKeys([
    { key: '?', does: messages.keys.help, run: () => setOpen('keys') },
    { key: 'a', does: messages.ask, run: ask.open },
  ]);
  return (
    <div className="grid h-dvh grid-cols-[var(--side)_minmax(0,1fr)] overflow-hidden max-wide:[--side:49px] max-sm:grid-cols-1 max-sm:grid-rows-[auto_minmax(0,1fr)]">
      <a
        href="#main"
        className="absolute -top-15 left-2 z-30 rounded-2 bg-accent px-3 py-2 text-accent-ink focus:top-2"
      >
        {shared.skip}
      </a>
      <Side onMenu={() => setOpen('menu')} />
      <div className="flex min-h-0 min-w-0 flex-col">
        <OfflineBanner />
        <NoticeLine />
        <div className="flex min-h-0 min-w-0 flex-1">
          <main
            id="main"
            tabIndex={-1}
            className={`flex min-h-0 min-w-0 flex-1 flex-col outline-none ${chat === undefined ? '' : 'max-sm:hidden'}`}
          >
            <Outlet />
          </main>
          <Suspense>{chat !== undefined && <ChatPanel thread={chat} />}</Suspense>
        </div>
      </div>
      <Suspense>
        {open === 'keys' && <KeysDialog onClose={close} />}
        {open === 'menu' && <MenuDialog onClose={close} />}
        {asksForKey && <SignInDialog />}
      </Suspense>
    </div>
  );
}

function Side({ onMenu }: { onMenu: () => void }) {
  return (
    <aside
      aria-label={messages.workbench}
      className="flex min-w-0 flex-col border-line border-r bg-surface p-2 max-sm:h-12 max-sm:flex-row max-sm:items-center max-sm:border-r-0 max-sm:border-b max-sm:py-0"
    >
      <Link
        to="/batches"
        className="mb-2 flex h-8 flex-none items-center gap-2 px-2 font-semibold text-[14px]/[20px] text-ink tracking-[-.01em] hover:no-underline max-wide:justify-center max-wide:px-0 max-sm:mb-0 max-sm:px-2"
      >
        <Logo />
        <span className="max-wide:sr-only max-sm:not-sr-only">{shared.product}</span>
      </Link>
      <div className="contents max-sm:hidden">
        <Link to="/new" title={messages.newBatch} className={`${buttonClass({})} mb-3 max-wide:px-0`}>
          <Icon name="plus" />
          <span className="max-wide:sr-only">{messages.newBatch}</span>
        </Link>
        <Navigation />
      </div>
      <div className="mt-auto grid gap-1 p-2 max-wide:hidden">
        <Suspense fallback={<div className="h-12" />}>
          <DayMoney bar />
        </Suspense>
        <hr className="-mx-2 my-2 border-line" />
        <SettingsLink />
        <ConnectionMark />
      </div>
      <div className="mt-auto grid justify-center gap-2 max-sm:hidden wide:hidden">
        <Suspense fallback={<div className="h-4" />}>
          <DayMoneyShort />
        </Suspense>
        <SettingsLink />
      </div>
      <div className="ml-auto sm:hidden">
        <Suspense fallback={<div className="h-4" />}>
          <DayMoney />
        </Suspense>
      </div>
      <span className="sm:hidden">
        <Button kind="ghost" size="large" icon="menu" iconOnly label={messages.menu} onClick={onMenu} />
      </span>
    </aside>
  );
}

function SettingsLink() {
  return (
    <Link
      to="/settings"
      title={messages.settings}
      className="touch flex h-7 items-center gap-2 rounded-2 text-ink-2 hover:text-ink hover:no-underline aria-[current]:text-ink max-wide:w-8 max-wide:justify-center"
    >
      <Icon name="settings" />
      <span className="max-wide:sr-only">{messages.settings}</span>
    </Link>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 18 18" aria-hidden="true" className="size-4.5 flex-none">
      <rect x="1" y="2" width="16" height="3.5" rx="1" fill="currentColor" opacity=".32" />
      <rect x="1" y="7.25" width="16" height="3.5" rx="1" className="fill-accent" />
      <rect x="1" y="12.5" width="10" height="3.5" rx="1" fill="currentColor" />
    </svg>
  );
}

function Nothing(_: { bar?: boolean }) {
  return null;
}
