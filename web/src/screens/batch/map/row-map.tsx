import { useNavigate, useSearch } from '@tanstack/react-router';
import { type KeyboardEvent, memo, type PointerEvent, useMemo } from 'react';
import { formatCount } from '../../../data/format.ts';
import { type Store, useStore } from '../../../data/store.ts';
import { Button } from '../../../ui/button.tsx';
import type { Shown } from '../grid/row-grid.tsx';
import { messages } from '../messages.ts';
import { MapTable } from './map-table.tsx';
import { failedClusters, type RowMapData, type RowRange, useRowMap } from './use-row-map.ts';

const { map: words } = messages;

interface RowMapProps {
  id: string;
  isLive: boolean;
  /** The rows that the grid shows. */
  view: Store<Shown | undefined>;
  /** False where the grid shows a part of the table or another order: then its rows have no place on the map. */
  isSteady: boolean;
  /** Whether the batch has ended: then rows that wait are not run. */
  isEnded: boolean;
  onJump: (row: number) => void;
}

/** One line for the whole table: what is done, runs, waits and failed where. A click or a key goes there in the grid. */
export function RowMap(props: RowMapProps) {
  const { id, isLive, isEnded, onJump } = props;
  const { map: shown } = useSearch({ from: '/batches/$id/rows' });
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const { data } = useRowMap(id, isLive);
  if (data === undefined || data.total === 0) return <div className="h-9 flex-none border-line border-b" />;
  const isTable = shown === 'table';
  return (
    <section aria-label={words.label} className="flex-none border-line border-b">
      <div className="flex h-9 items-center gap-2 px-4 text-11 text-ink-3">
        <span className="max-sm:hidden">{words.row(0)}</span>
        <MapLine {...props} data={data} />
        <span className="tabular-nums max-sm:hidden">{formatCount(data.total - 1)}</span>
        <Button
          size="small"
          kind="ghost"
          label={isTable ? words.hide : words.table}
          aria-expanded={isTable}
          onClick={() =>
            void navigate({ search: (old) => ({ ...old, map: isTable ? undefined : 'table' }), replace: true })
          }
        />
      </div>
      {isTable && <MapTable ranges={data.ranges} isEnded={isEnded} onJump={onJump} />}
    </section>
  );
}

function MapLine({ data, view: store, isSteady, isEnded, onJump }: RowMapProps & { data: RowMapData }) {
  const shown = useStore(store);
  const view = isSteady ? shown : undefined;
  const { ranges, total } = data;
  const count = ranges.length;
  const at = Math.max(
    0,
    ranges.findLastIndex(({ first }) => first <= (view?.first ?? 0)),
  );
  const go = (index: number) => {
    const range = ranges[Math.max(0, Math.min(count - 1, index))];
    if (range !== undefined) onJump(range.first);
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: { [key: string]: number } = {
      ...{ ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1 },
      ...{ PageUp: at + 10, PageDown: at - 10, Home: 0, End: count - 1 },
    };
    const index = moves[event.key];
    if (index === undefined) return;
    event.preventDefault();
    go(index);
  };
  const point = ({ clientX, currentTarget, buttons, type }: PointerEvent) => {
    if (type === 'pointermove' && buttons !== 1) return;
    const { left, width } = currentTarget.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (clientX - left) / width));
    onJump(Math.min(total - 1, Math.floor(share * total)));
  };
  const range = ranges[at];
  const title = useMemo(() => summary(ranges, isEnded), [ranges, isEnded]);
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={words.slider}
      aria-valuemin={0}
      aria-valuemax={total - 1}
      aria-valuenow={view?.first ?? 0}
      aria-valuetext={range === undefined ? '' : rangeText(range, isEnded)}
      title={title}
      className="touch flex min-w-0 flex-1 cursor-pointer touch-none items-center"
      onKeyDown={press}
      onPointerDown={point}
      onPointerMove={point}
    >
      <svg aria-hidden="true" viewBox={`0 0 ${count} 18`} preserveAspectRatio="none" className="block h-4.5 w-full">
        <MapBlocks ranges={ranges} />
        {view !== undefined && (
          <rect
            className="fill-none stroke-[1.5] stroke-ink"
            vectorEffect="non-scaling-stroke"
            x={(view.first / total) * count}
            y={1}
            width={Math.max(count / 250, ((view.last + 1 - view.first) / total) * count)}
            height={16}
          />
        )}
      </svg>
    </div>
  );
}

/** What the map draws of the rows; scrolling the grid does not draw it again. */
const MapBlocks = memo(function MapBlocks({ ranges }: { ranges: readonly RowRange[] }) {
  return (
    <>
      <rect className="fill-bar-rest" y={4} width={ranges.length} height={10} />
      <path className="fill-map-done" d={blocks(ranges, ({ succeeded, failed }) => [0, succeeded + failed])} />
      <path
        className="fill-accent"
        d={blocks(ranges, ({ succeeded, failed, running }) => [succeeded + failed, running])}
      />
      <path className="fill-bad" d={ticks(ranges)} />
    </>
  );
});

/** A block in each range: where it starts and how long it is, in rows of the range. */
function blocks(ranges: readonly RowRange[], part: (range: RowRange) => [number, number]): string {
  return ranges
    .map((range, index) => {
      const [from, rows] = part(range);
      if (rows === 0) return '';
      return `M${index + from / range.rows} 4h${rows / range.rows}v10h${-rows / range.rows}z`;
    })
    .join('');
}

/** A tall tick in each range with a failed row; wider where more have failed, never too thin to be seen. */
function ticks(ranges: readonly RowRange[]): string {
  const least = Math.max(0.25, ranges.length / 600);
  return ranges
    .map(({ failed, rows }, index) => {
      if (failed === 0) return '';
      const width = Math.max(least, failed / rows);
      return `M${index} 0h${width}v18h${-width}z`;
    })
    .join('');
}

function rangeText({ first, rows, succeeded, failed, running, queued }: RowRange, isEnded: boolean): string {
  return `${words.range(first, first + rows - 1)}: ${countsText({ succeeded, failed, running, queued }, isEnded)}`;
}

type Counts = Pick<RowRange, 'succeeded' | 'failed' | 'running' | 'queued'>;

function countsText(counts: Counts, isEnded: boolean): string {
  return (['succeeded', 'failed', 'running', 'queued'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => {
      const word = messages.status[status === 'queued' && isEnded ? 'not_run' : status];
      return `${formatCount(counts[status])} ${word.toLowerCase()}`;
    })
    .join(', ');
}

function summary(ranges: readonly RowRange[], isEnded: boolean): string {
  const sum = (status: keyof Counts) => ranges.reduce((total, range) => total + range[status], 0);
  const counts = { succeeded: sum('succeeded'), failed: sum('failed'), running: sum('running'), queued: sum('queued') };
  return words.summary(countsText(counts, isEnded), failedClusters(ranges).length);
}
