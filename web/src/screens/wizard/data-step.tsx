import { useEffect, useRef } from 'react';
import type { Schemas } from '../../data/api.ts';
import { takeDroppedFile } from '../../data/dropped-file.ts';
import { formatBytes } from '../../data/format.ts';
import { useTableName } from '../../data/uploads.ts';
import { Button } from '../../ui/button.tsx';
import { Field, Input } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { type DraftRequest, isInline } from './draft/draft-request.ts';
import { useDraft } from './draft/open-draft.ts';
import { messages } from './messages.ts';
import { StepFrame } from './step-frame.tsx';
import { ColumnName } from './table/column-name.tsx';
import { DropZone } from './table/drop-zone.tsx';
import { PreviewTable } from './table/preview-table.tsx';
import { ReadingControls } from './table/reading-controls.tsx';
import { SendingPanel } from './table/sending-panel.tsx';
import { TableWarnings } from './table/table-warnings.tsx';
import { useSending } from './table/use-sending.ts';
import { useAnalysis, usePreview } from './table/use-table.ts';

/** The table: where it comes from, and how it is read. */
export function DataStep() {
  const { draft, request } = useDraft();
  /** Another table: what was decided about the columns of the old one goes. */
  const take = (table: string, name: string) => {
    const { csv_uri: _, reading: __, input_mapping: ___, ...rest } = draft.view.get().request;
    draft.change({ ...rest, csv_uri: table, name: rest.name ?? plainName(name) });
  };
  const { sending, send, stop } = useSending((upload) => take(upload.uri, upload.name));
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const file = takeDroppedFile();
    if (file !== undefined) send(file);
  });
  return (
    <StepFrame step="data">
      {sending !== undefined ? (
        <SendingPanel sending={sending} onStop={stop} />
      ) : request.csv_uri === undefined ? (
        <DropZone onFile={send} onUri={(uri) => take(uri, uri.split('/').at(-1) ?? uri)} />
      ) : (
        <OpenTable request={request} table={request.csv_uri} />
      )}
    </StepFrame>
  );
}

function OpenTable({ request, table }: { request: DraftRequest; table: string }) {
  const { draft } = useDraft();
  const preview = usePreview(request);
  const analysis = useAnalysis(request);
  const name = useTableName(table);
  const { reading = {} } = request;
  const replace = () => {
    const { csv_uri: _, reading: __, ...rest } = request;
    draft.change(rest);
  };
  const size = analysis.data?.size_bytes ?? null;
  const count = analysis.data?.row_count;
  const facts = [
    ...(size === null ? [] : [formatBytes(size)]),
    count === undefined ? messages.counting : messages.rows(count),
  ].join(' · ');
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[288px_minmax(0,1fr)] max-sm:block max-sm:flex-none">
      <section
        aria-label={messages.data.panel}
        className="flex flex-col gap-3 overflow-auto border-line border-r p-4 max-sm:overflow-visible max-sm:border-r-0"
      >
        <Field label={messages.data.name}>
          <Input
            value={request.name ?? ''}
            maxLength={200}
            onChange={({ target }) => {
              const { name: _, ...rest } = request;
              draft.change(target.value === '' ? rest : { ...rest, name: target.value }, 'name');
            }}
          />
        </Field>
        <div className="flex items-center gap-3 border-line border-y py-2">
          <Icon name="file" />
          <div className="min-w-0 grow">
            <div className="cut font-medium" title={name}>
              {name}
            </div>
            <div className="cut text-12 text-ink-3" role="status">
              {facts}
            </div>
          </div>
          <Button size="small" label={messages.data.replace} onClick={replace} />
        </div>
        {preview.data !== undefined && (
          <ReadingControls
            preview={preview.data}
            reading={reading}
            onChange={(next) => draft.change({ ...request, reading: next })}
          />
        )}
        <TableWarnings
          warnings={analysis.data?.warnings ?? []}
          suggested={analysis.data?.suggested_reading ?? undefined}
          onTake={(next) => draft.change({ ...request, reading: next })}
        />
      </section>
      <section aria-label={messages.data.table} className="min-h-0 min-w-0 overflow-auto">
        {preview.error !== null ? (
          <ErrorState error={preview.error} onRetry={() => preview.refetch()} />
        ) : preview.data === undefined ? (
          <Loading rows={20} />
        ) : (
          <>
            <Preview preview={preview.data} />
            <p className="px-4 py-2 text-12 text-ink-3">
              {count === undefined
                ? messages.data.rowsUncounted(preview.data.rows.length)
                : preview.data.format === 'mongodb'
                  ? messages.data.documentsOf(preview.data.rows.length, count)
                  : messages.data.rowsOf(preview.data.rows.length, count)}{' '}
              {messages.data.columns(preview.data.columns.length)}
            </p>
          </>
        )}
        {analysis.error !== null && preview.error === null && (
          <ErrorState error={analysis.error} onRetry={() => analysis.refetch()} />
        )}
      </section>
    </div>
  );
}

/** The first rows; a question of the batch may know its columns by other names. */
function Preview({ preview }: { preview: Schemas['TablePreview'] }) {
  const { target } = useDraft().request;
  const isOwn = target === undefined || isInline(target);
  const { columns } = preview;
  const headOf = (column: string) => <ColumnName {...{ column, columns }} />;
  return <PreviewTable preview={preview} {...(isOwn && { headOf })} />;
}

/** support-queries-nov.csv.gz → support queries nov */
function plainName(file: string): string {
  const plain = file
    .replace(/\.(gz|zst)$/i, '')
    .replace(/\.[A-Za-z0-9]{1,8}$/, '')
    .replaceAll(/[_-]+/g, ' ')
    .trim();
  return (plain || file).slice(0, 200);
}
