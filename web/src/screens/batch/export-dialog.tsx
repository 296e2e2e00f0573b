import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../../data/api.ts';
import type { BatchReport } from '../../data/batches.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';
import { Note } from '../../ui/note.tsx';
import { Select } from '../../ui/select.tsx';
import { messages } from './messages.ts';

const FORMATS = ['csv', 'tsv', 'jsonl', 'json', 'parquet', 'xlsx'] as const;
const SCOPES = ['all', 'succeeded', 'failed', 'not_run'] as const;

interface ExportDialogProps {
  batch: BatchReport;
  onClose: () => void;
}

/** What the downloaded file has. The server streams it; a batch that has not ended gives what there is. */
export function ExportDialog({ batch, onClose }: ExportDialogProps) {
  const [format, setFormat] = useState<(typeof FORMATS)[number]>('csv');
  const [rows, setRows] = useState<(typeof SCOPES)[number]>('all');
  const [isSafe, setSafe] = useState(false);
  const [left, setLeft] = useState<readonly string[]>([]);
  const [added, setAdded] = useState<readonly string[]>([]);
  const { data: known } = useQuery({
    queryKey: ['export-columns', batch.batch_id],
    queryFn: ({ signal }): Promise<Schemas['ExportColumns']> =>
      bodyOf(api.GET('/v1/batches/{id}/export/columns', { params: { path: { id: batch.batch_id } }, signal })),
  });
  const columns = known?.columns.filter((name) => !left.includes(name)) ?? [];
  const query = new URLSearchParams({ format, rows, spreadsheet_safe: String(isSafe) });
  // A name may have a comma: each stands alone.
  if (left.length > 0) for (const name of columns) query.append('columns', name);
  for (const name of added) query.append('metadata', name);
  const isEmpty = known !== undefined && columns.length === 0;
  const name = (batch.name ?? batch.batch_id).replaceAll(/[^\p{L}\p{N}._ -]+/gu, '-');
  return (
    <Dialog
      open
      onClose={onClose}
      title={messages.exportTitle}
      actions={
        <a
          aria-disabled={isEmpty}
          className={buttonClass({ kind: 'primary' })}
          href={`/v1/batches/${batch.batch_id}/export?${query}`}
          download={`${name}.${format}`}
          onClick={(event) => (isEmpty ? event.preventDefault() : onClose())}
        >
          {messages.exportDo}
        </a>
      }
    >
      <div className="grid gap-3">
        <div className="grid grid-cols-2 gap-3">
          <Field label={messages.format}>
            <Select
              label={messages.format}
              value={format}
              choices={FORMATS.map((one) => ({ value: one, label: one.toUpperCase() }))}
              onChange={setFormat}
            />
          </Field>
          <Field label={messages.scope}>
            <Select
              label={messages.scope}
              value={rows}
              choices={SCOPES.map((one) => ({ value: one, label: messages.scopes[one] }))}
              onChange={setRows}
            />
          </Field>
        </div>
        <Checkbox label={messages.safe} checked={isSafe} onChange={setSafe} />
        {known !== undefined && (
          <details>
            <summary className="cursor-default font-medium text-12">
              {messages.exportColumns(columns.length + added.length)}
            </summary>
            <div className="grid grid-cols-2 gap-x-3 gap-y-1 pt-2 max-sm:grid-cols-1">
              {known.columns.map((name) => (
                <Checkbox
                  key={name}
                  label={name}
                  checked={!left.includes(name)}
                  onChange={(isIn) => setLeft(isIn ? left.filter((one) => one !== name) : [...left, name])}
                />
              ))}
              {known.metadata
                .filter((name) => !known.columns.includes(name))
                .map((name) => (
                  <Checkbox
                    key={name}
                    label={name}
                    checked={added.includes(name)}
                    onChange={(isIn) => setAdded(isIn ? [...added, name] : added.filter((one) => one !== name))}
                  />
                ))}
            </div>
          </details>
        )}
        {isEmpty && <Note kind="bad">{messages.exportEmpty}</Note>}
        {!hasEnded(batch) && <Note>{messages.partial}</Note>}
      </div>
    </Dialog>
  );
}
