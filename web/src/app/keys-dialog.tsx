import { useStore } from '../data/store.ts';
import { Dialog } from '../ui/dialog.tsx';
import { activeKeys } from './keys.ts';
import { messages } from './messages.ts';

/** Every key that is active on the screen behind it. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const keys = useStore(activeKeys);
  return (
    <Dialog open onClose={onClose} title={messages.keys.title}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        {keys.map(({ key, does }) => (
          <div key={`${key} ${does}`} className="contents">
            <dt>
              <Kbd>{key}</Kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** A key as it looks on a keyboard. */
export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-block min-w-4.5 rounded-1 border border-line-2 px-1 text-center font-medium font-sans text-11 text-ink-3">
      {children}
    </kbd>
  );
}
