import { count, dollars } from '../../base/figures.ts';
import type { ReportLine, ServiceReport } from '../../runner/contract/service/service-report.ts';

/** The columns about rows. */
const ROW_COLUMNS = ['succeeded', 'failed'];

/** A table of a report, as texts. */
interface ReportTable {
  title: string;
  heads: string[];
  rows: string[][];
}

/** A report as texts, for the forms that people read. */
export interface ReportFacts {
  title: string;
  /** Name and value. */
  facts: [string, string][];
  tables: ReportTable[];
}

/** The texts of a report: written once for all forms. */
export function factsOf(report: ServiceReport): ReportFacts {
  const { totals, savings } = report;
  const { projection } = savings;
  const share = savings.saved_share === null ? '' : ` (${count(savings.saved_share * 100)} % of the standard price)`;
  return {
    title: `Rowmill report, ${dayTime(report.from)} to ${dayTime(report.to)} (UTC)`,
    facts: [
      ['Cost', dollars(totals.cost_usd)],
      ['Standard price', dollars(totals.standard_usd)],
      ['Saved', `${dollars(totals.saved_usd)}${share}`],
      ['Saved by batch APIs', dollars(savings.totals.batch_api_usd)],
      ['Saved by the cache', dollars(savings.totals.cache_usd)],
      ...(projection === null
        ? []
        : ([['Saved in a year at this rate', dollars(projection.saved_usd_per_year)]] as [string, string][])),
      ['Rows', `${count(totals.rows_succeeded)} succeeded, ${count(totals.rows_failed)} failed`],
      ['Model calls', count(totals.calls)],
      ...(totals.unpriced_calls === 0
        ? []
        : ([['Calls of unknown price', `${count(totals.unpriced_calls)}, in no sum of money`]] as [string, string][])),
    ],
    tables: [
      tableOf('Days', 'day', report.days),
      tableOf('Agents', 'agent', report.agents),
      withoutRows(
        tableOf(
          'Models',
          'model',
          report.models.filter(({ calls }) => calls > 0),
        ),
      ),
      tableOf('Batches', 'batch', report.batches),
    ],
  };
}

function tableOf(title: string, head: string, lines: readonly ReportLine[]): ReportTable {
  return {
    title,
    heads: [head, 'cost', 'saved', ...ROW_COLUMNS, 'calls', 'tokens in', 'tokens out'],
    rows: lines.map((line) => [
      line.name === '' ? 'outside of batches' : line.name,
      ...[dollars(line.cost_usd), dollars(line.saved_usd)],
      ...[line.rows_succeeded, line.rows_failed, line.calls, line.input_tokens, line.output_tokens].map(count),
    ]),
  };
}

/** Rows end in a batch, and in no model: their counts would be 0. */
function withoutRows({ title, heads, rows }: ReportTable): ReportTable {
  const isKept = (_: string, at: number) => !ROW_COLUMNS.includes(heads[at] ?? '');
  return { title, heads: heads.filter(isKept), rows: rows.map((cells) => cells.filter(isKept)) };
}

function dayTime(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
