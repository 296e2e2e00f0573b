import type { Clock } from '../../base/clock.ts';
import type { ErrorCode } from '../../base/errors.ts';
import type { Usage } from '../../protocol/messages.ts';
import type { EventMap, EventSink } from '../../telemetry/events.ts';

/** A call of a run. */
interface Call {
  run: string;
  turn: number;
}

/** A model call of a run. */
interface ModelCall extends Call {
  request: { model: string };
}

/** The dependencies of call events. */
interface CallEventDeps {
  events?: EventSink;
  provider: { name: string };
  clock: Clock;
}

/** How a model call ended: answered, unless there is a `code`. `cost` is undefined when the price is unknown. */
interface ModelCallEnding {
  /** On the monotonic clock. */
  began: number;
  code?: ErrorCode;
  usage?: Usage;
  cost?: number | undefined;
  isCached?: boolean;
}

/** Reports that a model call is sent. */
export function emitModelCallStart(call: ModelCall, { events, provider, clock }: CallEventDeps): void {
  if (!events?.has('model-call-start')) return;
  const model = `${provider.name}/${call.request.model}`;
  events.emit('model-call-start', { ...idsOf(call), model, at: clock.now() });
}

/** Reports that a model call has ended. */
export function emitModelCallEnd(
  call: ModelCall,
  { events, provider, clock }: CallEventDeps,
  { began, code, usage, cost, isCached = false }: ModelCallEnding,
): void {
  if (!events?.has('model-call-end')) return;
  events.emit('model-call-end', {
    ...idsOf(call),
    model: `${provider.name}/${call.request.model}`,
    outcome: code !== undefined ? 'failed' : isCached ? 'cached' : 'answered',
    code: code ?? null,
    usage: usage ?? null,
    costMicroUsd: cost ?? null,
    durationMs: clock.monotonic() - began,
    at: clock.now(),
  });
}

/** Reports that a tool call has ended. */
export function emitToolCallEnd(
  call: Call & { index: number; name: string },
  { events, clock }: CallEventDeps,
  { began, isError }: { began: number; isError: boolean },
): void {
  if (!events?.has('tool-call-end')) return;
  const { index, name: tool } = call;
  const times = { durationMs: clock.monotonic() - began, at: clock.now() };
  events.emit('tool-call-end', { ...idsOf(call), index, tool, isError, ...times });
}

/** Reads the ids from a run: a row's run is `batch/row/attempt`; any other belongs to a conversation. */
function idsOf({ run, turn }: Call): Pick<EventMap['tool-call-end'], 'run' | 'batchId' | 'row' | 'attempt' | 'turn'> {
  const [, batchId, row, attempt] = /^([^/]+)\/(\d+)\/(\d+)$/.exec(run) ?? [];
  if (batchId === undefined) return { run, batchId: null, row: null, attempt: null, turn };
  return { run, batchId, row: Number(row), attempt: Number(attempt), turn };
}
