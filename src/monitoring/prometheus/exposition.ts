/** One value of a metric. `suffix` is that of a histogram's series. */
export interface Sample {
  labels?: { [name: string]: string };
  value: number;
  suffix?: '_bucket' | '_sum' | '_count';
}

/** A metric with its values. */
export interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples: Sample[];
}

/** A metric that only grows. */
export function counter(name: string, help: string, samples: Sample[]): Family {
  return { name, help, type: 'counter', samples };
}

/** A metric that grows and shrinks. */
export function gauge(name: string, help: string, samples: Sample[]): Family {
  return { name, help, type: 'gauge', samples };
}

/** The content type of {@link exposition}. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics in the text format of Prometheus, version 0.0.4. */
export function exposition(families: readonly Family[]): string {
  return families.map(textOf).join('');
}

function textOf({ name, help, type, samples }: Family): string {
  const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  return head + samples.map((sample) => `${name}${sample.suffix ?? ''}${labelsOf(sample)} ${sample.value}\n`).join('');
}

function labelsOf({ labels = {} }: Sample): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
