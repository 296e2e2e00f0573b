import * as z from 'zod';

/** Where traces are sent, and what is in them. */
export interface TraceSettings {
  url: string;
  serviceName: string;
  resource: Record<string, string>;
  /** Whether the messages of calls are sent, too. */
  withContent: boolean;
}

const address = z
  .url({ protocol: /^https?$/, error: 'must be the URL of an OTLP collector, such as http://127.0.0.1:4318' })
  .or(z.literal(''))
  .optional();

/** The variables of OpenTelemetry that are read here; its SDK reads more of them, such as the headers. */
export const traceVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: address,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address,
  OTEL_TRACES_EXPORTER: z.string().optional(),
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: z.string().optional(),
};

type Variables = { [name in keyof typeof traceVariables]?: string | undefined };

/** Null where no collector is named, or traces are switched off. */
export function traceSettings(variables: Variables): TraceSettings | null {
  const base = variables.OTEL_EXPORTER_OTLP_ENDPOINT || undefined;
  const url =
    variables.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || (base === undefined ? '' : `${base.replace(/\/*$/, '')}/v1/traces`);
  const isOff =
    url === '' ||
    variables.OTEL_TRACES_EXPORTER?.toLowerCase() === 'none' ||
    variables.OTEL_SDK_DISABLED?.toLowerCase() === 'true';
  if (isOff) return null;
  return {
    url,
    serviceName: variables.OTEL_SERVICE_NAME || 'rowmill',
    resource: attributesOf(variables.OTEL_RESOURCE_ATTRIBUTES ?? ''),
    withContent: /^(true|span_only|span_and_event)$/i.test(
      variables.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT ?? '',
    ),
  };
}

/** `name=value,name=value`, each value percent-encoded. */
function attributesOf(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    return name === undefined || value === undefined ? [] : [[name, decoded(value)]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
