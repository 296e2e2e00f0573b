import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as the collector got it: times in milliseconds, attributes by name. */
export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  kind: number;
  startMs: number;
  endMs: number;
  attributes: Record<string, unknown>;
  isError: boolean;
}

/** A collector that speaks OTLP over HTTP, in JSON. */
export interface OtlpReceiver {
  url: string;
  spans: ReceivedSpan[];
  /** The attributes of the last sender. */
  resource: Record<string, unknown>;
  paths: string[];
  close(): Promise<void>;
}

type WireAttributes = { key: string; value: Record<string, unknown> }[];

interface WireSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: WireAttributes;
  status: { code?: number };
}

interface WireRequest {
  resourceSpans: { resource: { attributes: WireAttributes }; scopeSpans: { spans: WireSpan[] }[] }[];
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.paths.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
    const sent = JSON.parse(Buffer.concat(chunks).toString()) as WireRequest;
    for (const { resource, scopeSpans } of sent.resourceSpans) {
      received.resource = valuesOf(resource.attributes);
      received.spans.push(...scopeSpans.flatMap(({ spans }) => spans.map(readSpan)));
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const received: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ spans: [], resource: {}, paths: [] },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return received;
}

function readSpan(span: WireSpan): ReceivedSpan {
  const { name, traceId, spanId, parentSpanId, kind, attributes, status } = span;
  const [startMs = 0, endMs = 0] = [span.startTimeUnixNano, span.endTimeUnixNano].map((time) => Number(time) / 1e6);
  const isError = status.code === 2;
  return {
    ...{ name, traceId, spanId, parentSpanId, kind, startMs, endMs },
    attributes: valuesOf(attributes),
    isError,
  };
}

function valuesOf(attributes: WireAttributes): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      'intValue' in value ? Number(value['intValue']) : Object.values(value)[0],
    ]),
  );
}
