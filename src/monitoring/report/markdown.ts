import type { ReportFacts } from './report-facts.ts';

/** A report in Markdown, with tables as GitHub reads them. */
export function markdownOf({ title, facts, tables }: ReportFacts): string {
  const shown = tables.filter(({ rows }) => rows.length > 0);
  return [
    `# ${safe(title)}\n`,
    ...facts.map(([name, value]) => `- ${safe(name)}: **${safe(value)}**`),
    ...shown.map(({ title: name, heads, rows }) =>
      [
        `\n## ${safe(name)}\n`,
        lineOf(heads),
        lineOf(heads.map((_, at) => (at === 0 ? '---' : '---:'))),
        ...rows.map(lineOf),
      ].join('\n'),
    ),
    '',
  ].join('\n');
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map(safe).join(' | ')} |`;
}

/** Names of agents are data: they must not become markup. */
function safe(text: string): string {
  return text.replaceAll(/[\\|*_`<>[\]]/g, (one) => `\\${one}`).replaceAll(/\s+/g, ' ');
}
