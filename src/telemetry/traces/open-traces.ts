import { createHash } from 'node:crypto';
import { DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Log } from '../../base/log.ts';

/** Spans that wait for the collector; beyond them new ones are dropped. */
const MOST_WAITING = 16_384;
/** How long the last spans may take to be sent when the process ends. */
const FLUSH_MS = 3_000;

/** The names of a trace and of its spans: any texts, from which the ids are computed. */
export interface SpanPlace {
  trace: string;
  span: string;
  /** The span that this one is a part of; undefined for a root. */
  parent?: string | undefined;
}

/** A span that has ended. */
export interface EndedSpan extends SpanPlace {
  name: string;
  kind: 'client' | 'internal';
  /** Milliseconds since the epoch. */
  startedAt: number;
  endedAt: number;
  attributes: Record<string, string | number | boolean>;
  /** The code of the fault that ended it; null for a success. */
  fault: string | null;
}

/** Sends spans to a collector. */
export interface Traces {
  /** Contract: never throws and never waits. */
  add(span: EndedSpan): void;
  /** Sends what waits, for three seconds at most. Idempotent. */
  close(): Promise<void>;
}

/** Where spans go, and what is said of this program. */
export interface TraceTarget {
  /** The address of the collector's traces, such as `http://127.0.0.1:4318/v1/traces`. */
  url: string;
  serviceName: string;
  version: string;
  /** Further attributes of the process, by name. */
  resource?: Record<string, string>;
}

/**
 * Sends spans by OTLP over HTTP, as JSON. The ids of a span are digests of its place: so the parts of a batch that several
 * processes ran, one after another, are one trace, and a part is sent before the whole has ended.
 */
export function openTraces({ url, serviceName, version, resource }: TraceTarget, log: Pick<Log, 'warn'>): Traces {
  tellOnce(log, url);
  let place: SpanPlace = { trace: '', span: '' };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ ...resource, 'service.name': serviceName, 'service.version': version }),
    idGenerator: { generateTraceId: () => traceIdOf(place.trace), generateSpanId: () => spanIdOf(place.span) },
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), maxQueueSize: MOST_WAITING })],
  });
  const tracer = provider.getTracer('rowmill', version);
  let closing: Promise<void> | undefined;
  return {
    add(ended) {
      place = ended;
      const { name, kind, startedAt: startTime, endedAt, attributes, fault } = ended;
      const spanKind = kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL;
      const span = tracer.startSpan(name, { kind: spanKind, startTime, attributes }, contextOf(ended));
      if (fault !== null) {
        span.setAttribute('error.type', fault);
        span.setStatus({ code: SpanStatusCode.ERROR, message: fault });
      }
      span.end(Math.max(startTime, endedAt));
    },
    close() {
      const late = new Promise<void>((resolve) => {
        setTimeout(resolve, FLUSH_MS).unref();
      });
      closing ??= Promise.race([provider.shutdown().catch(() => undefined), late]);
      return closing;
    },
  };
}

function contextOf({ trace: traceName, parent }: SpanPlace) {
  if (parent === undefined) return ROOT_CONTEXT;
  const ids = { traceId: traceIdOf(traceName), spanId: spanIdOf(parent) };
  return trace.setSpanContext(ROOT_CONTEXT, { ...ids, traceFlags: TraceFlags.SAMPLED, isRemote: false });
}

const traceIdOf = (name: string): string => createHash('sha256').update(`trace ${name}`).digest('hex').slice(0, 32);
const spanIdOf = (name: string): string => createHash('sha256').update(`span ${name}`).digest('hex').slice(0, 16);

/** The SDK reports a collector that does not answer for every portion; one line says it. */
function tellOnce(log: Pick<Log, 'warn'>, url: string): void {
  let isReported = false;
  const tell = (message: string) => {
    if (!isReported) log.warn({ url: new URL(url).origin, fault: message.slice(0, 300) }, 'traces were not sent');
    isReported = true;
  };
  const quiet = () => undefined;
  const logger = { error: tell, warn: quiet, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
}
