import { useState } from 'react';
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
  open: boolean;
  onClose: () => void;
}

/** What the downloaded file has. The server streams it; a batch that has not ended gives what there is. */
export function ExportDialog({ batch, open, onClose }: ExportDialogProps) {
  const [format, setFormat] = useState<(typeof FORMATS)[number]>('csv');
  const [rows, setRows] = useState<(typeof SCOPES)[number]>('all');
  const [isSafe, setSafe] = useState(false);
  const query = new URLSearchParams({ format, rows, ...(isSafe && { spreadsheet_safe: 'true' }) });
  const name = (batch.name ?? batch.batch_id).replaceAll(/[^\p{L}\p{N}._ -]+/gu, '-');
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={messages.exportTitle}
      actions={
        <a
          className={buttonClass({ kind: 'primary' })}
          href={`/v1/batches/${batch.batch_id}/export?${query}`}
          download={`${name}.${format}`}
          onClick={onClose}
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
        {!hasEnded(batch) && <Note>{messages.partial}</Note>}
      </div>
    </Dialog>
  );
}
