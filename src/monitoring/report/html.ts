import type { ReportFacts } from './report-facts.ts';

const STYLE = `:root{color-scheme:light dark;--ink:light-dark(#1d2430,#e6e9ef);--soft:light-dark(#5d6675,#9aa4b5);
--line:light-dark(#e2e6ec,#2c333f);--page:light-dark(#fff,#14181f);--card:light-dark(#f6f8fa,#1c222c)}
body{margin:0 auto;max-width:62rem;padding:2.5rem 1.25rem;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}h1{font-size:1.4rem;margin:0 0 1.25rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(13rem,45%),1fr));gap:.75rem;margin:0}
dl div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.35rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--soft);font-weight:500;font-size:.85rem}th:first-child,td:first-child{text-align:left;padding-left:0;
position:sticky;left:0;background:var(--page)}
@media print{body{padding:0}}`;

/** A report as one HTML file: it loads nothing, and follows the light or dark setting of the reader. */
export function htmlOf({ title, facts, tables }: ReportFacts): string {
  const shown = tables.filter(({ rows }) => rows.length > 0);
  const list = facts.map(([name, value]) => `<div><dt>${safe(name)}</dt><dd>${safe(value)}</dd></div>`).join('\n');
  const sections = shown.map(
    ({ title: name, heads, rows }) => `<h2>${safe(name)}</h2>
<div class="scroll" tabindex="0"><table><thead><tr>${heads.map((one) => `<th scope="col">${safe(one)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${safe(cell)}</td>`).join('')}</tr>`).join('\n')}</tbody></table></div>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(title)}</title><style>${STYLE}</style></head>
<body><h1>${safe(title)}</h1>
<dl>${list}</dl>
${sections.join('\n')}
</body></html>
`;
}

function safe(text: string): string {
  const entities: { [one: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, (one) => entities[one] ?? one);
}
