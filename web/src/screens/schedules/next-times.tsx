import { formatExact, formatWhen } from '../../data/format.ts';
import { formatInZone, READER_ZONE } from '../../data/zones.ts';
import { messages } from './messages.ts';

/** The next times of a schedule: in the zone of the reader, and beside them in its own where that is another one. */
export function NextTimes({ next, zone }: { next: readonly string[]; zone: string }) {
  const isOther = zone !== READER_ZONE;
  return (
    <table className="tabular-nums">
      <thead className={isOther ? 'text-left text-11 text-ink-3' : 'sr-only'}>
        <tr>
          <th scope="col" className="pr-6 font-normal">
            {messages.one.yourZone(READER_ZONE)}
          </th>
          {isOther && (
            <th scope="col" className="font-normal">
              {messages.one.itsZone(zone)}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {next.map((at) => (
          <tr key={at}>
            <td className="pr-6" title={formatExact(at)}>
              {formatWhen(at)}
            </td>
            {isOther && <td className="text-ink-3">{formatInZone(at, zone)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
