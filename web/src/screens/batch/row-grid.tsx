import { useNavigate, useSearch } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Schemas } from '../../data/api.ts';
import { formatCount } from '../../data/format.ts';
import { classNames } from '../../ui/class-names.ts';
import { ErrorState } from '../../ui/states.tsx';
import { type Status, StatusMark } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';
import { PAGE, type RowFilter, usePages } from './use-rows.ts';

interface RowGridProps {
  id: string;
  filter: RowFilter;
  /** How many rows the filter selects. */
  total: number;
  isLive: boolean;
  /** Is given the function that puts the focus into the grid. */
  focus: { current: (() => void) | undefined };
}

const ROW = 32;
/** Browsers draw elements up to some ten million pixels: a longer table is scrolled in steps. */
const MOST_HEIGHT = 8_000_000;
const OVERSCAN = 4;
const MOST_SOURCE = 2;
const MOST_ANSWER = 3;

const MARKS: { [status in Schemas['Row']['status']]: Status } = {
  succeeded: 'succeeded',
  failed: 'failed',
  running: 'running',
  queued: 'queued',
  not_run: 'cancelled',
};

/** Any place of a million rows: only those in view are in the document. One tab stop; arrows, pages, Home and End move. */
export function RowGrid({ id, filter, total, isLive, focus }: RowGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLTableElement>(null);
  const { row: open } = useSearch({ from: '/batches/$id/rows' });
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const [active, setActive] = useState(0);
  const [view, setView] = useState({ top: 0, height: 600 });
  const height = Math.min(total * ROW, MOST_HEIGHT);
  const room = Math.max(1, height - view.height + ROW);
  const inView = Math.max(1, Math.floor((view.height - ROW) / ROW));
  const lastFirst = Math.max(0, total - inView);
  const isScaled = total * ROW > MOST_HEIGHT;
  const exact = isScaled ? (view.top / room) * lastFirst : view.top / ROW;
  const first = Math.max(0, Math.min(lastFirst, Math.floor(exact)));
  const from = Math.max(0, first - OVERSCAN);
  const to = Math.min(total, first + inView + OVERSCAN + 1);
  const pages = Array.from(
    { length: Math.floor((to - 1) / PAGE) - Math.floor(from / PAGE) + 1 },
    (_, index) => Math.floor(from / PAGE) + index,
  );
  const { rows, error, retry } = usePages(id, filter, { pages, isLive });

  useEffect(() => {
    focus.current = () => grid.current?.focus();
    const element = scroller.current;
    if (element === null) return;
    const measure = () => setView((old) => ({ ...old, height: element.clientHeight }));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [focus]);

  function show(place: number): void {
    const next = Math.max(0, Math.min(total - 1, place));
    setActive(next);
    const element = scroller.current;
    if (element === null) return;
    const wanted = next < first ? next : next >= first + inView ? next - inView + 1 : first;
    if (wanted === first) return;
    element.scrollTop = isScaled ? (wanted / Math.max(1, lastFirst)) * room : wanted * ROW;
  }

  function press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: { [key: string]: number } = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + inView,
      PageUp: active - inView,
      Home: 0,
      End: total - 1,
    };
    const place = moves[event.key];
    const found = rows.get(active);
    if (place !== undefined) show(place);
    else if (event.key === 'Enter' && found !== undefined) openRow(found.row);
    else return;
    event.preventDefault();
  }

  function openRow(row: number): void {
    void navigate({ search: (old) => ({ ...old, row }) });
  }

  const any = rows.get(first) ?? rows.values().next().value;
  const answered = [...rows.values()].find(({ output }) => output !== null);
  const source = Object.keys(any?.source ?? {}).slice(0, MOST_SOURCE);
  const answer = Object.keys(answered?.output ?? {}).slice(0, MOST_ANSWER);
  if (error !== null && rows.size === 0) return <ErrorState error={error} onRetry={retry} />;
  const offset = isScaled ? view.top + (from - first) * ROW : from * ROW;
  return (
    <div
      ref={scroller}
      className="relative min-h-0 flex-1 overflow-auto"
      onScroll={({ currentTarget }) => setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })}
    >
      <div style={{ height: height + ROW }}>
        <table
          ref={grid}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table that is a grid, one tab stop moved by keys
          role="grid"
          aria-label={messages.grid}
          aria-rowcount={total + 1}
          aria-activedescendant={`row-${active}`}
          tabIndex={0}
          onKeyDown={press}
          className="table-lines table-fixed"
          style={{ transform: `translateY(${Math.max(0, offset)}px)` }}
        >
          <thead style={{ transform: `translateY(${view.top - Math.max(0, offset)}px)` }} className="relative z-2">
            <tr aria-rowindex={1}>
              <th scope="col" className="num w-20 max-sm:w-14">
                {messages.row}
              </th>
              {source.map((name, index) => (
                <th key={name} scope="col" className={index > 0 ? 'max-sm:hidden' : ''}>
                  {name}
                </th>
              ))}
              <th scope="col" className="w-32">
                {messages.statusHead}
              </th>
              {answer.map((name, index) => (
                <th key={name} scope="col" className={index === 0 ? 'border-line-2 border-l' : 'max-sm:hidden'}>
                  {name}
                </th>
              ))}
              <th scope="col" className="num w-24 max-lg:hidden">
                {messages.took}
              </th>
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: to - from }, (_, index) => {
              const place = from + index;
              return (
                <GridRow
                  key={place}
                  place={place}
                  row={rows.get(place)}
                  {...{ source, answer }}
                  isActive={place === active}
                  isOpen={open !== undefined && rows.get(place)?.row === open}
                  onOpen={(row) => {
                    setActive(place);
                    openRow(row);
                  }}
                />
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface GridRowProps {
  place: number;
  row: Schemas['Row'] | undefined;
  source: readonly string[];
  answer: readonly string[];
  isActive: boolean;
  isOpen: boolean;
  onOpen: (row: number) => void;
}

function GridRow({ place, row, source, answer, isActive, isOpen, onOpen }: GridRowProps) {
  return (
    <tr
      id={`row-${place}`}
      aria-rowindex={place + 2}
      aria-selected={isOpen}
      onClick={() => row !== undefined && onOpen(row.row)}
      className={classNames('cursor-default', isActive && 'outline-2 outline-line-field -outline-offset-2')}
    >
      <td className="num text-ink-3">{row === undefined ? '' : formatCount(row.row)}</td>
      {source.map((name, index) => (
        <td key={name} className={index > 0 ? 'max-sm:hidden' : ''}>
          {cell(row?.source[name])}
        </td>
      ))}
      <td>{row !== undefined && <StatusMark plain status={MARKS[row.status]} word={messages.status[row.status]} />}</td>
      {row?.error != null ? (
        <td colSpan={Math.max(1, answer.length)} className="border-line-2 border-l text-bad">
          <code>{row.error.code}</code> {row.error.message}
        </td>
      ) : (
        answer.map((name, index) => (
          <td key={name} className={index === 0 ? 'border-line-2 border-l' : 'max-sm:hidden'}>
            {row?.output == null ? '' : cell(row.output[name])}
          </td>
        ))
      )}
      <td className="num text-ink-3 max-lg:hidden">
        {row?.processing_seconds == null
          ? ''
          : messages.seconds(row.processing_seconds.toFixed(row.processing_seconds < 1 ? 2 : 1))}
      </td>
    </tr>
  );
}

function cell(value: unknown) {
  if (value === null) return <span className="text-ink-3">{messages.null}</span>;
  if (value === undefined || value === '') return <span className="text-ink-3">{messages.empty}</span>;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
