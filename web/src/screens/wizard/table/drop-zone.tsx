import { type DragEvent, useRef, useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { classNames } from '../../../ui/class-names.ts';
import { Field, Input } from '../../../ui/field.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { messages } from '../messages.ts';

const ACCEPTED = '.csv,.tsv,.txt,.jsonl,.ndjson,.json,.xlsx,.parquet,.gz,.zst';

interface DropZoneProps {
  onFile: (file: File) => void;
  onUri: (uri: string) => void;
}

/** Where a table comes from: a file that is dropped or chosen, or an address that the server reads. */
export function DropZone({ onFile, onUri }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [uri, setUri] = useState('');
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file !== undefined) onFile(file);
  };
  return (
    <div className="mx-auto mt-12 grid w-full max-w-140 gap-8 px-4 max-sm:mt-6">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same by keyboard */}
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={classNames(
          'grid place-items-center gap-2 rounded-3 border border-line-field border-dashed px-6 py-12 text-center',
          isOver && 'border-accent bg-accent-tint',
        )}
      >
        <Icon name="file" className="size-6 text-ink-3" />
        <p className="font-semibold text-15">{messages.data.drop}</p>
        <p className="text-ink-2">{messages.data.kinds}</p>
        <input
          ref={input}
          type="file"
          accept={ACCEPTED}
          aria-label={messages.data.choose}
          tabIndex={-1}
          className="sr-only"
          onChange={({ target }) => {
            const file = target.files?.[0];
            if (file !== undefined) onFile(file);
          }}
        />
        <Button
          kind="primary"
          size="large"
          writes
          label={messages.data.choose}
          className="mt-3"
          onClick={() => input.current?.click()}
        />
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (uri.trim() !== '') onUri(uri.trim());
        }}
      >
        <Field label={messages.data.uri} hint={messages.data.uriHint}>
          <div className="flex gap-2">
            <Input value={uri} onChange={({ target }) => setUri(target.value)} spellCheck={false} />
            <Button type="submit" label={messages.data.read} disabled={uri.trim() === ''} />
          </div>
        </Field>
      </form>
    </div>
  );
}
