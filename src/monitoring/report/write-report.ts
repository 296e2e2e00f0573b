import type { REPORT_FORMATS, ServiceReport } from '../../runner/contract/service/service-report.ts';
import { htmlOf } from './html.ts';
import { markdownOf } from './markdown.ts';
import { factsOf } from './report-facts.ts';

/** The media type of each form. */
export const REPORT_TYPES: { [format in (typeof REPORT_FORMATS)[number]]: string } = {
  json: 'application/json',
  markdown: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
};

/** A report in one of its forms. */
export function writeReport(report: ServiceReport, format: (typeof REPORT_FORMATS)[number]): string {
  if (format === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  return format === 'markdown' ? markdownOf(factsOf(report)) : htmlOf(factsOf(report));
}
