import { Link, useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';
import { messages } from './messages.ts';
import { safeLink } from './safe-link.ts';

/** A link of an answer. A screen of the workbench opens beside the chat; the host of any other address is shown. */
export function AnswerLink({ href, children }: { href: string; children: ReactNode }) {
  const router = useRouter();
  const url = safeLink(href);
  if (url === undefined) return children;
  const isOwn = url.origin === location.origin;
  const place = `${url.pathname}${url.search}${url.hash}`;
  const [, , screen] = router.getMatchedRoutes(url.pathname);
  if (isOwn && screen !== undefined) {
    const open = (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      void router.navigate({ href: place });
    };
    return (
      <a href={place} onClick={open}>
        {children}
      </a>
    );
  }
  return (
    <a href={isOwn ? place : url.href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
      {!isOwn && <span className="text-ink-3" title={messages.opensTab(url.host)}>{` (${url.host})`}</span>}
    </a>
  );
}

const BATCH = /\b(bat_[0-9a-v]{19})\b/;

/** A text in which the ids of batches are links to them. */
export function BatchLinks({ text }: { text: string }) {
  const parts = text.split(BATCH);
  if (parts.length === 1) return text;
  return parts.map((part, index) =>
    BATCH.test(part) ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: text only grows at its end
      <Link key={index} to="/batches/$id/rows" params={{ id: part }}>
        {part}
      </Link>
    ) : (
      part
    ),
  );
}
