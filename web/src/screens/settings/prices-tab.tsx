import type { Schemas } from '../../data/api.ts';
import { usePrices } from '../../data/settings.ts';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Wide } from '../../ui/wide.tsx';
import { messages } from './messages.ts';

const { prices: words } = messages;
const perMillion = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });

/** What models cost. An unknown price is the word, never zero. */
export function PricesTab() {
  const query = usePrices();
  const { data } = query;
  if (data === undefined) {
    return query.error === null ? (
      <Loading rows={6} />
    ) : (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    );
  }
  if (data.length === 0) return <p className="p-4 text-ink-2">{words.none}</p>;
  return (
    <>
      <p className="px-4 py-3 text-ink-2">{words.intro}</p>
      <Wide label={messages.tabs.prices}>
        <Table
          className="min-w-160"
          columns={[{ label: words.model }, ...words.columns.map((label) => ({ label, num: true }))]}
        >
          {data.map(({ model, known, realtime, batch }) => (
            <tr key={model}>
              <td className="font-medium">
                {model}
                {!known && <span className="ml-2 font-normal text-12 text-warn">{words.unknownNote}</span>}
              </td>
              <Prices of={realtime} />
              <Prices of={batch} />
            </tr>
          ))}
        </Table>
      </Wide>
    </>
  );
}

/** The three prices of one way; null: unknown, or there is no such way. */
function Prices({ of: price }: { of: Schemas['ModelPrice']['realtime'] }) {
  return (
    <>
      <Price usd={price?.input ?? null} starts />
      <Price usd={price?.cache_read ?? null} />
      <Price usd={price?.output ?? null} />
    </>
  );
}

function Price({ usd, starts = false }: { usd: number | null; starts?: boolean }) {
  return (
    <td className={`num ${usd === null ? 'text-ink-3' : ''} ${starts ? 'border-l border-l-line-2' : ''}`}>
      {usd === null ? words.unknown : perMillion.format(usd)}
    </td>
  );
}
