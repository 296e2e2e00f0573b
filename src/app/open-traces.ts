import type { Log } from '../base/log.ts';
import { packageVersion } from '../base/process/package-version.ts';
import { requireSdk } from '../base/process/require-sdk.ts';
import type { Message, ModelResponse } from '../protocol/messages.ts';
import { descriptorOf } from '../providers/catalog.ts';
import { planOf } from '../runner/output/results.ts';
import type { BatchStore } from '../storage/batches.ts';
import type { JournalStore } from '../storage/journal.ts';
import type { Events } from '../telemetry/events.ts';
import type { TraceLookups } from '../telemetry/traces/follow-events.ts';
import { messageParts } from '../telemetry/traces/message-parts.ts';
import type { TraceSettings } from './trace-settings.ts';

const PACKAGES = ['api', 'exporter-trace-otlp-http', 'resources', 'sdk-trace', 'semantic-conventions'];

interface TraceParts {
  events: Events;
  store: Pick<BatchStore, 'readBatch'> & Pick<JournalStore, 'readJournal'>;
  log: Log;
}

/**
 * Sends traces where a collector is named; without one, OpenTelemetry is not even loaded.
 * @returns the function that sends the last spans when the process ends
 * @throws AppError `config_invalid` when the packages are not installed
 */
export async function openTraces(
  settings: TraceSettings | null,
  { events, store, log }: TraceParts,
): Promise<() => Promise<void>> {
  if (settings === null) return async () => undefined;
  requireSdk(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    PACKAGES.map((name) => `@opentelemetry/${name}`),
  );
  const [{ openTraces: open }, { followEvents }] = await Promise.all([
    import('../telemetry/traces/open-traces.ts'),
    import('../telemetry/traces/follow-events.ts'),
  ]);
  const version = packageVersion();
  const traces = open({ ...settings, version }, log);
  const following = followEvents(events, traces, {
    async agentOf(batchId) {
      const batch = await store.readBatch(batchId);
      return batch === undefined ? undefined : planOf(batch).agent;
    },
    providerName: (name) => descriptorOf(name)?.traceName ?? name,
    ...(settings.withContent && { contentOf: contentIn(store) }),
  });
  return async () => {
    await following.settled();
    await traces.close();
  };
}

/** Reads a call from the journal: the messages since the turn before, or the input of a tool, and the answer. */
function contentIn(store: TraceParts['store']): NonNullable<TraceLookups['contentOf']> {
  return async (run, turn, call) => {
    const entry = (await store.readJournal(run)).find((one) => one.turn === turn && one.call === call);
    if (entry?.answer === undefined || entry.answer === null) return undefined;
    const { request, answer } = entry;
    if (entry.kind === 'tool') return { input: JSON.stringify(request), output: JSON.stringify(answer.response) };
    const said = messageParts((request ?? []) as unknown as Message[]);
    const { content = [], stopReason = 'stop' } = (answer.response ?? {}) as Partial<ModelResponse>;
    const [answered] = messageParts([{ role: 'assistant', content }]);
    return { input: JSON.stringify(said), output: JSON.stringify([{ ...answered, finish_reason: stopReason }]) };
  };
}
