import { useStore } from '../data/store.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/kbd.tsx';
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
