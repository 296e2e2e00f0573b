import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** A column of a {@link Table}. */
export interface TableColumn {
  label: ReactNode;
  /** The header is spoken, not shown, as above a column of buttons. */
  quiet?: boolean;
  /** Numbers stand at the right. */
  num?: boolean;
  /** The class of its `col`, such as `w-24`; columns have the widths of their content where none has one. */
  width?: string;
  /** The class of its header, such as `max-sm:hidden`. */
  className?: string;
}

interface TableProps extends Omit<ComponentProps<'table'>, 'aria-label'> {
  label?: string | undefined;
  columns: readonly TableColumn[];
  /** The rows. */
  children: ReactNode;
}

/** A table of the workbench: a sticky header, lines between the rows, no boxes. */
export function Table({ label, columns, className, children, ...rest }: TableProps) {
  const isFixed = columns.some(({ width }) => width !== undefined);
  return (
    <table {...rest} aria-label={label} className={classNames('table-lines', isFixed && 'table-fixed', className)}>
      {isFixed && (
        <colgroup>
          {columns.map(({ width }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns of a table keep their places
            <col key={index} className={width} />
          ))}
        </colgroup>
      )}
      <thead>
        <tr>
          {columns.map((column, index) => (
            <th
              // biome-ignore lint/suspicious/noArrayIndexKey: columns of a table keep their places
              key={index}
              scope="col"
              className={classNames(column.num === true && 'num', column.className)}
            >
              {column.quiet === true ? <span className="sr-only">{column.label}</span> : column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
