import { RANGES, type Range } from '../../data/monitor.ts';
import { Icon } from '../../ui/icon.tsx';
import { messages } from './messages.ts';

const FORMATS = ['html', 'markdown', 'json'] as const;
const EXTENSIONS = { html: 'html', markdown: 'md', json: 'json' } as const;

/** The report of a range as a file, in each of its forms. */
export function ReportLinks({ range }: { range: Range }) {
  const from = new Date(Date.now() - RANGES[range].lengthMs).toISOString();
  return (
    <div className="flex items-center gap-2 whitespace-nowrap text-12">
      <Icon name="download" />
      <span className="text-ink-2">{messages.report}</span>
      {FORMATS.map((format) => (
        <a
          key={format}
          href={`/v1/reports?${new URLSearchParams({ from, format })}`}
          download={`rowmill-${range}.${EXTENSIONS[format]}`}
          title={messages.reportAs(messages.reportOf[format])}
          className="touch inline-flex items-center"
        >
          {messages.reportOf[format]}
        </a>
      ))}
    </div>
  );
}
