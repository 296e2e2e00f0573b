import { useSettings } from '../data/settings.ts';
import { Icon } from '../ui/icon.tsx';
import { messages } from './messages.ts';

/** What the server wants every page to say, such as that scripts replace the models. */
export function NoticeLine() {
  const { data } = useSettings();
  if (data?.notice == null) return null;
  return (
    <section
      aria-label={messages.notice}
      className="flex flex-none gap-2 border-line-2 border-b bg-surface px-4 py-1.5 text-12 text-ink-2"
    >
      <Icon name="info" className="mt-px size-3.5" />
      <p>{data.notice}</p>
    </section>
  );
}
