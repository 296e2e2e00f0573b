import { formatBytes } from '../../../data/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Note } from '../../../ui/note.tsx';
import { ErrorState } from '../../../ui/states.tsx';
import { messages } from '../messages.ts';
import { PreviewTable } from './preview-table.tsx';
import type { SendingFile } from './use-sending.ts';

/** A file on its way: how much has arrived, and its first rows as soon as they can be read. */
export function SendingPanel({ sending, onStop }: { sending: SendingFile; onStop: () => void }) {
  const { name, sent, bytes, isBroken, fault, first } = sending;
  if (fault !== undefined) return <ErrorState error={fault} onRetry={onStop} />;
  return (
    <>
      <section aria-label={messages.data.sending(name)} className="mx-auto mt-8 mb-6 grid w-full max-w-140 gap-2 px-4">
        <div className="flex items-center gap-2">
          <Icon name="file" />
          <span className="cut font-medium">{name}</span>
          <span className="ml-auto whitespace-nowrap text-ink-2 tabular-nums">
            {messages.data.sent(formatBytes(sent), formatBytes(bytes))}
          </span>
          <Button size="small" label={messages.data.stop} onClick={onStop} />
        </div>
        <progress
          aria-label={messages.data.sending(name)}
          value={sent}
          max={bytes}
          className="h-1.5 w-full appearance-none overflow-hidden rounded-1 bg-bar-rest [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-bar-rest [&::-webkit-progress-value]:bg-accent"
        />
        {isBroken && (
          <div role="status">
            <Note kind="warn">{messages.data.broken}</Note>
          </div>
        )}
      </section>
      {first !== undefined && (
        <section aria-label={messages.data.first}>
          <h2 className="px-4 py-2 font-semibold">{messages.data.first}</h2>
          <PreviewTable preview={first} />
        </section>
      )}
    </>
  );
}
