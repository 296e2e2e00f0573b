import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from '../../../ui/button.tsx';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import { messages } from '../messages.ts';
import {
  type ColumnNames,
  defaultColumns,
  FACTS,
  type GridColumn,
  gridColumn,
  readColumns,
  writeColumns,
} from './grid-columns.ts';

const WIDTHS = ['auto', '96', '160', '280', '480'] as const;
const SORTS = ['row', '-row', 'time', '-time', 'status', '-status'] as const;
/** Where the grid has room for every column of the default. */
const WIDE = 2000;

interface ColumnsDialogProps {
  names: ColumnNames;
  onClose: () => void;
}

/** Which columns the grid shows, in which order, how wide, and which stay at the left. All of it stands in the address. */
export function ColumnsDialog({ names, onClose }: ColumnsDialogProps) {
  const { cols, sort = 'row', q } = useSearch({ from: '/batches/$id/rows' });
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const { shown, hidden, reset, change, move, hide, add } = useColumns(names);
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={messages.columnsTitle}
      actions={<Button label={messages.columnsReset} disabled={cols === undefined} onClick={reset} />}
    >
      {q === undefined && (
        <div className="mb-3 w-50">
          <Field label={messages.sort}>
            <Select
              label={messages.sort}
              value={sort}
              choices={SORTS.map((value) => ({ value, label: messages.sorts[value] }))}
              onChange={(value) =>
                void navigate({ search: (old) => ({ ...old, sort: value === 'row' ? undefined : value }) })
              }
            />
          </Field>
        </div>
      )}
      <ul aria-label={messages.columnsShown} className="grid">
        {shown.map((column, index) => (
          <li key={column.key} className="flex flex-wrap items-center gap-2 border-line border-b py-1">
            <span className="flex min-w-0 flex-1 items-center gap-2 max-sm:basis-full">
              <Checkbox label={labelOf(column)} checked disabled={shown.length === 1} onChange={() => hide(column)} />
            </span>
            <Checkbox
              label={messages.pinned}
              checked={column.isPinned}
              onChange={(isPinned) => change(column.key, { isPinned })}
            />
            <span className="w-36 max-sm:flex-1">
              <Select
                label={messages.widthOf(column.label)}
                value={widthOf(column)}
                choices={[...new Set([...WIDTHS, widthOf(column)])].map((value) => ({
                  value,
                  label: value === 'auto' ? messages.widthAuto : messages.pixels(value),
                }))}
                onChange={(value) => change(column.key, { width: value === 'auto' ? undefined : Number(value) })}
              />
            </span>
            <Button
              kind="ghost"
              icon="up"
              iconOnly
              label={messages.moveUp(column.label)}
              disabled={index === 0}
              onClick={() => move(column, -1)}
            />
            <Button
              kind="ghost"
              icon="down"
              iconOnly
              label={messages.moveDown(column.label)}
              disabled={index === shown.length - 1}
              onClick={() => move(column, 1)}
            />
          </li>
        ))}
      </ul>
      {hidden.length > 0 && (
        <ul aria-label={messages.columnsHidden} className="mt-3 grid gap-1">
          {hidden.map((column) => (
            <li key={column.key}>
              <Checkbox label={labelOf(column)} checked={false} onChange={() => add(column)} />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

/** The columns that are shown and those that are not, and what changes them. */
function useColumns(names: ColumnNames) {
  const { cols } = useSearch({ from: '/batches/$id/rows' });
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const chosen = (keys: readonly string[] | undefined) =>
    keys === undefined ? defaultColumns(names, WIDE) : readColumns(keys);
  const shown = chosen(cols);
  const hidden = [...names.source, ...FACTS, ...names.answer]
    .filter((key) => !shown.some((one) => one.key === key))
    .map((key) => gridColumn(key));
  // Edits what the address has by now: the next click may come before the page shows the one before.
  const edit = (next: (columns: readonly GridColumn[]) => readonly GridColumn[]) =>
    void navigate({ search: (old) => ({ ...old, cols: writeColumns(next(chosen(old.cols))) }), replace: true });
  const reset = () => void navigate({ search: (old) => ({ ...old, cols: undefined }), replace: true });
  const change = (key: string, next: Partial<GridColumn>) =>
    edit((columns) => columns.map((one) => (one.key === key ? gridColumn(key, { ...one, ...next }) : one)));
  const move = (column: GridColumn, by: number) =>
    edit((columns) => {
      const from = columns.findIndex(({ key }) => key === column.key);
      return columns.toSpliced(from, 1).toSpliced(Math.max(0, from + by), 0, ...columns.slice(from, from + 1));
    });
  const hide = ({ key }: GridColumn) =>
    edit((columns) => (columns.length === 1 ? columns : columns.filter((one) => one.key !== key)));
  const add = (column: GridColumn) => edit((columns) => [...columns.filter(({ key }) => key !== column.key), column]);
  return { shown, hidden, reset, change, move, hide, add };
}

function widthOf({ width }: GridColumn): string {
  return width === undefined ? 'auto' : String(width);
}

function labelOf({ key, label }: GridColumn): string {
  if (key.startsWith('in.')) return messages.columnOfTable(label);
  return key.startsWith('out.') ? messages.columnOfAnswer(label) : label;
}
