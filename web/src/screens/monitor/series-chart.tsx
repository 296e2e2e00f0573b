import { Link } from '@tanstack/react-router';
import { Table } from '../../ui/table.tsx';
import { Wide } from '../../ui/wide.tsx';
import type { ChartShown } from './charts.ts';
import { messages } from './messages.ts';
import { Plot } from './plot.tsx';

interface SeriesChartProps {
  chart: ChartShown;
  /** Whether its numbers are shown instead. */
  isTable: boolean;
  onTable: (isTable: boolean) => void;
  /** The times of the steps, as texts. */
  times: readonly string[];
  timeHead: string;
  /** The period of each step in the ledger. */
  ledgerOf: (step: number) => string;
  /** The period that the figure is about; undefined: the figure is of what waits now. */
  opens: string | undefined;
  pointed: number | undefined;
  onPoint: (step: number | undefined) => void;
  onOpen: (step: number) => void;
}

/** One chart: its name, the figure now, one clause, and the line; or the same as a table of the same height. */
export function SeriesChart({ chart, isTable, onTable, times, pointed, opens, ...rest }: SeriesChartProps) {
  const { title, figure, clause, lines, most, least = 0, format } = chart;
  const textAt = (step: number) => {
    const values = lines.map((line) => line[step] ?? null);
    return `${times[step]} · ${values.map((value) => (value === null ? messages.unknown : format(value))).join(' · ')}`;
  };
  return (
    <figure aria-label={title} className="min-w-0 border-line border-b px-4 pt-3 pb-2 sm:border-r">
      <div className="flex items-baseline gap-2">
        <h2 className="cut font-medium text-12 text-ink-2">{title}</h2>
        <button
          type="button"
          aria-pressed={isTable}
          onClick={() => onTable(!isTable)}
          className="touch ml-auto flex-none text-12 text-ink-2 underline underline-offset-2 hover:text-ink"
        >
          {isTable ? messages.chart : messages.table}
          <span className="sr-only">: {title}</span>
        </button>
      </div>
      <div className="flex h-7 items-baseline gap-2 whitespace-nowrap">
        <FigureLink opens={opens} title={title}>
          {figure}
        </FigureLink>
        <span className="cut text-12 text-ink-2">
          {pointed === undefined || pointed >= times.length ? clause : textAt(pointed)}
        </span>
      </div>
      {isTable ? (
        <ChartTable chart={chart} times={times} {...rest} />
      ) : (
        <div className="relative mt-1 h-35 pt-4">
          <span className="absolute top-0 left-0 text-11 text-ink-3">{format(most)}</span>
          <Plot
            label={`${title}: ${figure} ${clause}`}
            lines={lines}
            most={most}
            least={least}
            pointed={pointed}
            onPoint={rest.onPoint}
            onOpen={rest.onOpen}
            moves={messages.annotate(title)}
            textAt={textAt}
          />
          <div className="flex justify-between pt-1 text-11 text-ink-3">
            <span>{times[0]}</span>
            <span className="max-sm:hidden">{times[Math.floor(times.length / 2)]}</span>
            <span>{messages.now}</span>
          </div>
        </div>
      )}
    </figure>
  );
}

/** The figure of a chart, which opens what it counts: the calls of its period, or the queues. */
function FigureLink({ opens, title, children }: Pick<SeriesChartProps, 'opens'> & { title: string; children: string }) {
  const look = { title: messages.opens(title), className: 'font-semibold text-20 text-ink tabular-nums' };
  if (opens === undefined) {
    return (
      <Link to="/queues" {...look}>
        {children}
      </Link>
    );
  }
  return (
    <Link
      from="/monitor"
      to="/monitor"
      search={(old) => ({ ...old, ledger: opens, of: undefined, basis: undefined })}
      {...look}
    >
      {children}
    </Link>
  );
}

type ChartTableProps = Pick<SeriesChartProps, 'chart' | 'times' | 'timeHead' | 'ledgerOf'>;

/** The numbers of a chart, the newest first; each time opens the calls that they are the sums of. */
function ChartTable({ chart: { title, heads, cells }, times, timeHead, ledgerOf }: ChartTableProps) {
  const steps = times.map((_, step) => step).toReversed();
  return (
    <div className="mt-1 h-35 overflow-y-auto">
      <Wide label={messages.tableOf(title)}>
        <Table
          className="text-12 [&_td]:px-1! [&_th]:px-1!"
          columns={[{ label: timeHead, className: 'pl-0!' }, ...heads.map((label) => ({ label, num: true }))]}
        >
          {steps.map((step) => (
            <tr key={times[step]}>
              <td className="h-7! pl-0!">
                <Link
                  from="/monitor"
                  to="/monitor"
                  search={(old) => ({ ...old, ledger: ledgerOf(step), of: undefined, basis: undefined })}
                >
                  {times[step]}
                </Link>
              </td>
              {cells(step).map((cell, index) => (
                <td key={heads[index]} className="num h-7!">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </Table>
      </Wide>
    </div>
  );
}
