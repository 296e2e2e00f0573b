import { createHash } from 'node:crypto';
import { createRoute } from '@hono/zod-openapi';
import type { BatchReport } from '../../../runner/contract/report/report.ts';
import { eventContent } from '../../event-content.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { createSharedReports, type ReportEvent } from '../../shared-reports.ts';
import { type EncodedEvent, encodeEvent } from '../../sse.ts';
import { batchPath } from './batch-path.ts';

/** `GET /v1/batches/{id}/events`. */
export function addBatchEvents({ app, streams }: HttpFace, { runnerOf }: StartParts): void {
  const shared = createSharedReports();
  const events = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/events',
    operationId: 'watchBatch',
    tags: ['batches'],
    summary: 'Watch a batch',
    description:
      'Server-sent events report, each with the whole batch: the current one first, then one after each change, at most four a second, fewer with many listeners. The stream ends when the batch has ended, or is paused. A client that connects again with Last-Event-ID gets a report only once something has changed.',
    middleware: callerNeeds('read'),
    request: { params: batchPath },
    responses: {
      200: { description: 'A stream of reports.', content: eventContent('Batch') },
      ...FAULTS,
    },
  });
  app.openapi(events, async (c) => {
    const { id } = c.req.valid('param');
    const runner = runnerOf(c.get('caller'));
    // A fault is answered with its status, before the stream starts.
    await runner.report(id);
    return streams.send(c, ({ signal, lastEventId }) =>
      after(
        lastEventId,
        shared(id, (until, leastMs) => reportEvents(runner.watch(id, until, leastMs)), signal),
      ),
    );
  });
}

/** Reports as events. An id is the digest of its report, so that it is the same over all processes and restarts. */
async function* reportEvents(reports: AsyncIterable<BatchReport>): AsyncGenerator<ReportEvent> {
  for await (const report of reports) {
    const id = createHash('sha256').update(JSON.stringify(report)).digest('base64url').slice(0, 16);
    yield { id, bytes: encodeEvent({ event: 'report', data: report, id }), status: report.status };
  }
}

/** The events after one that the client has. */
async function* after(known: string | undefined, events: AsyncIterable<ReportEvent>): AsyncGenerator<EncodedEvent> {
  let last = known;
  for await (const event of events) {
    if (event.id === last) continue;
    last = event.id;
    yield event;
  }
}
