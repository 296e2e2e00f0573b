import { formatCount } from '../../../data/format.ts';
import { Table } from '../../../ui/table.tsx';
import { messages } from '../messages.ts';
import { joined, type RowRange } from './use-row-map.ts';

const { map: words } = messages;
const PARTS = 20;
const STATUSES = ['succeeded', 'failed', 'running', 'queued'] as const;

interface MapTableProps {
  ranges: readonly RowRange[];
  /** Whether the batch has ended: then rows that wait are not run. */
  isEnded: boolean;
  onJump: (row: number) => void;
}

/** The map in words: the table in twenty parts, with the rows of each status. */
export function MapTable({ ranges, isEnded, onJump }: MapTableProps) {
  const wordOf = (status: (typeof STATUSES)[number]) =>
    messages.status[status === 'queued' && isEnded ? 'not_run' : status];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div className="max-h-60 overflow-auto max-sm:max-h-40 border-line border-t" tabIndex={0}>
      <Table
        label={words.label}
        columns={[{ label: words.rows }, ...STATUSES.map((status) => ({ label: wordOf(status), num: true }))]}
      >
        {joined(ranges, PARTS).map((part) => (
          <tr key={part.first}>
            <td>
              <button type="button" className="text-accent hover:underline" onClick={() => onJump(part.first)}>
                {words.range(part.first, part.first + part.rows - 1)}
              </button>
            </td>
            {STATUSES.map((status) => (
              <td key={status} className={`num ${status === 'failed' && part.failed > 0 ? 'text-bad' : ''}`}>
                {formatCount(part[status])}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </div>
  );
}
