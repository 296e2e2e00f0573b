import { useNavigate, useSearch } from '@tanstack/react-router';
import {
  type CSSProperties,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { flushSync } from 'react-dom';
import { useKeys } from '../../../app/keys.ts';
import type { Schemas } from '../../../data/api.ts';
import { ErrorState } from '../../../ui/states.tsx';
import { messages } from '../messages.ts';
import { isSteady, PAGE, type RowFilter, usePages } from '../use-rows.ts';
import {
  type ColumnNames,
  columnNames,
  defaultColumns,
  leastWidth,
  mergeNames,
  readColumns,
  tracks,
} from './grid-columns.ts';
import { GridHead } from './grid-head.tsx';
import { GridRow, mayRunAgain } from './grid-row.tsx';
import { placed } from './placed-columns.ts';

/** The rows before and after the open one, in the order of the grid. */
export interface Neighbours {
  previous?: number | undefined;
  next?: number | undefined;
}

/** The rows that are in view, by their numbers. */
export interface Shown {
  first: number;
  last: number;
}

interface RowGridProps {
  id: string;
  filter: RowFilter;
  /** How many rows the filter selects. */
  total: number;
  isLive: boolean;
  /** Is given the function that puts the focus into the grid. */
  focus: { current: (() => void) | undefined };
  onNeighbours: (neighbours: Neighbours) => void;
  /** Is given the rows that are in view, where places are numbers. */
  onView: (shown: Shown) => void;
  /** Asks whether a failed row runs again. */
  onAgain: (row: number) => void;
  /** A row that is brought to the top once; then `onArrived` is called. */
  wanted: { row: number } | undefined;
  onArrived: () => void;
  /** The columns that are known so far. */
  names: ColumnNames;
  onNames: (names: ColumnNames) => void;
}

const ROW = 32;
/** Browsers draw elements up to some ten million pixels: a longer table is scrolled in steps. */
const MOST_HEIGHT = 8_000_000;
const OVERSCAN = 4;

/** Any place of a million rows: only those in view are in the document. One tab stop; arrows, pages, Home and End move. */
export function RowGrid(props: RowGridProps) {
  const { id, filter, total, isLive, focus, onNeighbours, onNames, wanted } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLTableElement>(null);
  const { row: open, cols } = useSearch({ from: '/batches/$id/rows' });
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const [active, setActive] = useState(0);
  const [view, setView] = useState({ top: 0, height: 600, width: 1000 });
  const height = Math.min(total * ROW, MOST_HEIGHT);
  const isScaled = total * ROW > MOST_HEIGHT;
  const inViewOf = (seen: number) => Math.max(1, Math.floor((seen - ROW) / ROW));
  const roomOf = (seen: number) => Math.max(1, height - seen + ROW);
  /** The first place that is shown whole where so many pixels are scrolled. */
  const firstAt = (top: number, seen: number) => {
    const lastFirst = Math.max(0, total - inViewOf(seen));
    // Browsers round places: at the very end a division would miss the last row by a fraction.
    const share = top >= roomOf(seen) - 1 ? 1 : top / roomOf(seen);
    return Math.max(0, Math.min(lastFirst, Math.floor(isScaled ? share * lastFirst : top / ROW)));
  };
  const inView = inViewOf(view.height);
  const first = firstAt(view.top, view.height);
  const from = Math.max(0, first - OVERSCAN);
  const to = Math.min(total, first + inView + OVERSCAN + 1);
  const pages = { first: Math.floor(from / PAGE), last: Math.floor(Math.max(0, to - 1) / PAGE) };
  const { rows, error, retry } = usePages(id, filter, { ...pages, isLive });

  useEffect(() => {
    focus.current = () => grid.current?.focus();
    const element = scroller.current;
    if (element === null) return;
    const measure = () => setView((old) => ({ ...old, height: element.clientHeight, width: element.clientWidth }));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [focus]);

  // Whether the active row was in view when a person last scrolled the grid, and where it was brought into view.
  const isHeld = useRef(true);
  const broughtTo = useRef(0);
  const keepActive = useEffectEvent(() => isHeld.current && bring(active));
  // A notice above the grid, or a smaller window, takes room away: the active row stays in view if it was.
  useEffect(() => {
    if (view.height > 0) keepActive();
  }, [view.height]);

  const openPlace = open === undefined ? undefined : placeOf(open, { rows, filter, total });
  const beside = (by: number) => (openPlace === undefined ? undefined : rowAt(openPlace + by, { rows, filter, total }));
  const [previous, next] = [beside(-1), beside(1)];
  const showOpen = useEffectEvent(() => openPlace !== undefined && show(openPlace));
  useEffect(() => {
    if (openPlace !== undefined) showOpen();
  }, [openPlace]);
  const tellNeighbours = useEffectEvent(onNeighbours);
  useEffect(() => tellNeighbours({ previous, next }), [previous, next]);

  const isBack = filter.sort === '-row';
  const [top, bottom] = [first, Math.min(total, first + inView) - 1].map((place) =>
    isBack ? total - 1 - place : place,
  );
  const tellView = useEffectEvent(props.onView);
  // Before the frame is drawn: what shows the view is laid out with the rows, and not once more with the next ones.
  useLayoutEffect(() => {
    if (top !== undefined && bottom !== undefined)
      tellView({ first: Math.min(top, bottom), last: Math.max(top, bottom) });
  }, [top, bottom]);
  const arrive = useEffectEvent(({ row }: { row: number }) => {
    if (!isSteady(filter)) return;
    const place = Math.max(0, Math.min(total - 1, isBack ? total - 1 - row : row));
    setActive(place);
    scrollTo(place);
    props.onArrived();
  });
  useEffect(() => {
    if (wanted !== undefined) arrive(wanted);
  }, [wanted]);

  function show(place: number): void {
    const shownPlace = Math.max(0, Math.min(total - 1, place));
    setActive(shownPlace);
    isHeld.current = true;
    bring(shownPlace);
  }

  /** Scrolls a place into view. It leaves the active row: a key may have moved it meanwhile. */
  function bring(place: number): void {
    const next = place < first ? place : place >= first + inView ? place - inView + 1 : first;
    if (next !== first) scrollTo(next);
  }

  /** Brings a place to the top, as far as the table has rows below it. */
  function scrollTo(place: number): void {
    const element = scroller.current;
    if (element === null) return;
    // Measured now: before the first draw the state has no height yet.
    const seen = element.clientHeight;
    const last = Math.max(1, total - inViewOf(seen));
    // The middle of a place's share of the height: browsers round.
    const middle = place <= 0 ? 0 : Math.min(last, place + 0.5);
    element.scrollTop = isScaled ? (middle / last) * roomOf(seen) : place * ROW;
    broughtTo.current = element.scrollTop;
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

  const openRow = useCallback((row: number) => void navigate({ search: (old) => ({ ...old, row }) }), [navigate]);
  const openAt = useCallback(
    (place: number, row: number) => {
      setActive(place);
      openRow(row);
    },
    [openRow],
  );

  const failed = rows.get(active);
  const isAsked = open === undefined && failed !== undefined && mayRunAgain(failed);
  const askAgain = () => document.activeElement === grid.current && failed !== undefined && props.onAgain(failed.row);
  useKeys(isAsked ? [{ key: 'r', does: messages.keys.again, run: askAgain }] : []);

  const found = useMemo(() => columnNames(rows.values()), [rows]);
  const names = mergeNames(props.names, found);
  const isNew = names !== props.names;
  const tellNames = useEffectEvent(() => onNames(names));
  useEffect(() => {
    if (isNew) tellNames();
  }, [isNew]);
  // The first row that is answered shows what is a number, so the header does not change while one scrolls a page.
  const sample = useMemo(() => [...rows.values()].find(({ output }) => output !== null), [rows]);
  const chosen = useMemo(
    () => (cols === undefined ? defaultColumns(names, view.width) : readColumns(cols)),
    [cols, names, view.width],
  );
  const least = leastWidth(chosen);
  const isWide = least > view.width;
  const columns = useMemo(() => placed(chosen, { sample, isWide }), [chosen, sample, isWide]);
  if (error !== null && rows.size === 0) return <ErrorState error={error} onRetry={retry} />;
  const offset = Math.max(0, isScaled ? view.top + (from - first) * ROW : from * ROW);
  return (
    <div
      ref={scroller}
      className="relative min-h-0 flex-1 overflow-auto contain-strict [overflow-anchor:none]"
      onScroll={({ currentTarget: { scrollTop: top, clientHeight: seen } }) => {
        const at = firstAt(top, seen);
        // The height may have changed between the scrolling to the active row and this event.
        if (top !== broughtTo.current) isHeld.current = active >= at && active < at + inViewOf(seen);
        // Drawn in this frame: later, the frame would show the rows of the one before, and the page be laid out twice.
        flushSync(() => setView((old) => ({ ...old, top })));
      }}
    >
      <table
        ref={grid}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table that is a grid, one tab stop moved by keys
        role="grid"
        aria-label={messages.grid}
        aria-rowcount={total + 1}
        aria-activedescendant={`row-${active}`}
        tabIndex={0}
        onKeyDown={press}
        className="table-lines grid-rows"
        style={{ height: height + ROW, minWidth: least, '--columns': tracks(columns) } as CSSProperties}
      >
        <GridHead {...{ columns, filter, isWide }} />
        <tbody style={{ transform: `translateY(${offset}px)` }}>
          {Array.from({ length: to - from }, (_, index) => {
            const place = from + index;
            const row = rows.get(place);
            return (
              <GridRow
                key={place}
                {...{ place, row, columns, isWide }}
                isActive={place === active}
                isOpen={open !== undefined && row?.row === open}
                onAgain={props.onAgain}
                onOpen={openAt}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface Loaded {
  rows: ReadonlyMap<number, Schemas['Row']>;
  filter: RowFilter;
  total: number;
}

/** The place of a row in the grid, where it is known: it is loaded, or places are numbers. */
function placeOf(row: number, { rows, filter, total }: Loaded): number | undefined {
  for (const [place, one] of rows) if (one.row === row) return place;
  if (!isSteady(filter) || row >= total) return undefined;
  return filter.sort === '-row' ? total - 1 - row : row;
}

/** The row at a place, where it is known. */
function rowAt(place: number, { rows, filter, total }: Loaded): number | undefined {
  const loaded = rows.get(place)?.row;
  if (loaded !== undefined || !isSteady(filter) || place < 0 || place >= total) return loaded;
  return filter.sort === '-row' ? total - 1 - place : place;
}
