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
  const shown = cols === undefined ? defaultColumns(names, WIDE) : readColumns(cols);
  const hidden = [...names.source, ...FACTS, ...names.answer]
    .filter((key) => !shown.some((one) => one.key === key))
    .map((key) => gridColumn(key));
  const set = (columns: readonly GridColumn[] | undefined) =>
    void navigate({
      search: (old) => ({ ...old, cols: columns === undefined ? undefined : writeColumns(columns) }),
      replace: true,
    });
  const change = (key: string, next: Partial<GridColumn>) =>
    set(shown.map((one) => (one.key === key ? gridColumn(key, { ...one, ...next }) : one)));
  const move = (from: number, to: number) => {
    const without = shown.toSpliced(from, 1);
    set(without.toSpliced(to, 0, ...shown.slice(from, from + 1)));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={messages.columnsTitle}
      actions={<Button label={messages.columnsReset} disabled={cols === undefined} onClick={() => set(undefined)} />}
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
            <span className="flex min-w-0 flex-1 items-center gap-2">
              <Checkbox
                label={labelOf(column)}
                checked
                disabled={shown.length === 1}
                onChange={() => set(shown.toSpliced(index, 1))}
              />
            </span>
            <Checkbox
              label={messages.pinned}
              checked={column.isPinned}
              onChange={(isPinned) => change(column.key, { isPinned })}
            />
            <span className="w-28">
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
              onClick={() => move(index, index - 1)}
            />
            <Button
              kind="ghost"
              icon="down"
              iconOnly
              label={messages.moveDown(column.label)}
              disabled={index === shown.length - 1}
              onClick={() => move(index, index + 1)}
            />
          </li>
        ))}
      </ul>
      {hidden.length > 0 && (
        <ul aria-label={messages.columnsHidden} className="mt-3 grid gap-1">
          {hidden.map((column) => (
            <li key={column.key}>
              <Checkbox label={labelOf(column)} checked={false} onChange={() => set([...shown, column])} />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function widthOf({ width }: GridColumn): string {
  return width === undefined ? 'auto' : String(width);
}

function labelOf({ key, label }: GridColumn): string {
  if (key.startsWith('in.')) return messages.columnOfTable(label);
  return key.startsWith('out.') ? messages.columnOfAnswer(label) : label;
}
