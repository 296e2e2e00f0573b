import {
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_AGENT_VERSION,
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  ATTR_GEN_AI_TOOL_CALL_RESULT,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_WORKFLOW_NAME,
} from '@opentelemetry/semantic-conventions/incubating';
import type { EventMap, Events } from '../events.ts';
import type { EndedSpan, SpanPlace, Traces } from './open-traces.ts';

/** An agent, for the spans of its rows. */
export interface TracedAgent {
  name: string;
  version: string;
}

/** What spans need beside events, which have ids and figures only. */
export interface TraceLookups {
  /** The agent of a batch; undefined when the batch was deleted. */
  agentOf(batchId: string): Promise<TracedAgent | undefined>;
  /** A provider's name in the GenAI conventions. */
  providerName(provider: string): string;
  /** What was sent and answered in a call, as JSON texts. Absent: content is never read. */
  contentOf?(run: string, turn: number, call: number): Promise<{ input: string; output: string } | undefined>;
}

/** A process's work on one batch, between two changes of its lease. */
interface OpenBatch {
  epoch: number;
  startedAt: number;
  status: string | undefined;
  agent: Promise<TracedAgent | undefined>;
}

/**
 * Makes spans of events, by the GenAI conventions: a batch under this process's lease (`invoke_workflow`), its rows
 * (`invoke_agent`), and their model and tool calls. The calls of a conversation's turn are a trace of their own.
 */
export function followEvents(events: Events, traces: Traces, lookups: TraceLookups): { settled(): Promise<void> } {
  const open = new Map<string, OpenBatch>();
  let handled = 0;
  let pending = 0;
  /** Keeps what {@link settled} waits for; a listener that returns a promise gets its next event afterwards. */
  const on: Events['on'] = (name, listener) =>
    events.on(name, (event) => {
      handled += 1;
      const result = listener(event);
      if (!(result instanceof Promise)) return undefined;
      pending += 1;
      return result.finally(() => {
        pending -= 1;
      });
    });
  on('lease-start', ({ batchId, epoch, at }) => {
    const agent = lookups.agentOf(batchId).catch(() => undefined);
    open.set(batchId, { epoch, startedAt: at, status: undefined, agent });
  });
  on('batch-status', ({ batchId, status, pauseReason }) => {
    const batch = open.get(batchId);
    if (batch !== undefined) batch.status = pauseReason === null ? status : `${status} (${pauseReason})`;
  });
  on('lease-end', async ({ batchId, epoch, at }) => {
    const batch = open.get(batchId);
    if (batch === undefined) return;
    const agent = await batch.agent;
    // The rows' events are delivered by their own order, so a few of them may come later.
    setImmediate(() => {
      if (open.get(batchId) === batch) open.delete(batchId);
    });
    traces.add(batchSpan(batch, { batchId, epoch, at, agent }));
  });
  on('row-end', async (event) => {
    const batch = open.get(event.batchId);
    traces.add(rowSpan(event, { epoch: batch?.epoch, agent: await batch?.agent }));
  });
  on('model-call-end', async (event) => {
    const { run, turn, outcome } = event;
    const content = outcome === 'failed' ? undefined : await lookups.contentOf?.(run, turn, 0);
    const shown = content && {
      [ATTR_GEN_AI_INPUT_MESSAGES]: content.input,
      [ATTR_GEN_AI_OUTPUT_MESSAGES]: content.output,
    };
    traces.add(modelSpan(event, { provider: lookups.providerName, shown }));
  });
  on('tool-call-end', async (event) => {
    const content = await lookups.contentOf?.(event.run, event.turn, event.index + 1);
    const shown = content && {
      [ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: content.input,
      [ATTR_GEN_AI_TOOL_CALL_RESULT]: content.output,
    };
    traces.add(toolSpan(event, shown));
  });
  return {
    async settled() {
      // Events are delivered in later turns: when three turns brought none, none waits.
      for (let quiet = 0; quiet < 3; quiet += 1) {
        const before = handled;
        await new Promise((resolve) => setImmediate(resolve));
        if (handled !== before || pending > 0) quiet = -1;
      }
    },
  };
}

type Content = EndedSpan['attributes'] | undefined;

type Ended<Event> = Event & { agent: TracedAgent | undefined };

function batchSpan(
  { startedAt, status }: OpenBatch,
  { batchId, epoch, at, agent }: Ended<EventMap['lease-end']>,
): EndedSpan {
  const name = agent?.name ?? 'batch';
  return {
    ...{
      trace: batchId,
      span: workOf(batchId, epoch),
      name: `invoke_workflow ${name}`,
      kind: 'internal',
      startedAt,
      endedAt: at,
    },
    attributes: {
      [ATTR_GEN_AI_OPERATION_NAME]: 'invoke_workflow',
      [ATTR_GEN_AI_WORKFLOW_NAME]: name,
      'rowmill.batch.id': batchId,
      'rowmill.batch.epoch': epoch,
      ...(status !== undefined && { 'rowmill.batch.status': status }),
    },
    fault: status === 'failed' ? 'batch_failed' : null,
  };
}

function rowSpan(
  { batchId, row, attempt, outcome, code, processingMs, at }: EventMap['row-end'],
  { epoch, agent }: Ended<{ epoch: number | undefined }>,
): EndedSpan {
  const run = `${batchId}/${row}/${attempt}`;
  return {
    // A row that is returned runs its attempt again, and the calls of both are parts of the last.
    ...{ trace: batchId, span: outcome === 'returned' ? `${run} returned ${at}` : run, kind: 'internal' },
    parent: epoch === undefined ? undefined : workOf(batchId, epoch),
    name: agent === undefined ? 'invoke_agent' : `invoke_agent ${agent.name}`,
    ...{ startedAt: at - (processingMs ?? 0), endedAt: at },
    attributes: {
      [ATTR_GEN_AI_OPERATION_NAME]: 'invoke_agent',
      ...(agent !== undefined && {
        [ATTR_GEN_AI_AGENT_NAME]: agent.name,
        [ATTR_GEN_AI_AGENT_VERSION]: agent.version,
      }),
      ...{ 'rowmill.batch.id': batchId, 'rowmill.row': row, 'rowmill.attempt': attempt, 'rowmill.outcome': outcome },
    },
    fault: code,
  };
}

function modelSpan(
  event: EventMap['model-call-end'],
  { provider, shown }: { provider: TraceLookups['providerName']; shown: Content },
): EndedSpan {
  const { model: asked, turn, outcome, code, usage, costMicroUsd, durationMs, at } = event;
  const [, providerId = '', model = asked] = /^([^/]+)\/(.+)$/.exec(asked) ?? [];
  return {
    ...placeOf(event, `${turn} model ${at}`),
    ...{ name: `chat ${model}`, kind: 'client', startedAt: at - durationMs, endedAt: at },
    attributes: {
      [ATTR_GEN_AI_OPERATION_NAME]: 'chat',
      [ATTR_GEN_AI_PROVIDER_NAME]: provider(providerId),
      [ATTR_GEN_AI_REQUEST_MODEL]: model,
      ...(usage !== null && {
        // By the conventions, input tokens contain the cached ones.
        [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
        [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: usage.outputTokens,
        [ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: usage.cacheReadTokens,
        [ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS]: usage.cacheWriteTokens,
      }),
      ...(costMicroUsd !== null && { 'rowmill.cost_usd': costMicroUsd / 1e6 }),
      ...{ 'rowmill.outcome': outcome, 'rowmill.turn': turn, ...shown },
    },
    fault: code,
  };
}

function toolSpan(event: EventMap['tool-call-end'], shown: Content): EndedSpan {
  const { turn, index, tool, isError, durationMs, at } = event;
  return {
    ...placeOf(event, `${turn} tool ${index}`),
    ...{ name: `execute_tool ${tool}`, kind: 'internal', startedAt: at - durationMs, endedAt: at },
    attributes: {
      [ATTR_GEN_AI_OPERATION_NAME]: 'execute_tool',
      [ATTR_GEN_AI_TOOL_NAME]: tool,
      ...{ 'rowmill.turn': turn, ...shown },
    },
    fault: isError ? 'tool_error' : null,
  };
}

/** One process's work on a batch: a batch may be driven several times. */
const workOf = (batchId: string, epoch: number): string => `${batchId}#${epoch}`;

/** A call is a part of its row, or a root in the trace of its run. */
function placeOf({ run, batchId }: { run: string; batchId: string | null }, call: string): SpanPlace {
  const span = `${run} ${call}`;
  return batchId === null ? { trace: run, span } : { trace: batchId, span, parent: run };
}
