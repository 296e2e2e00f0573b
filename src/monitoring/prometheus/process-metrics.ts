import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { EventMap, Events } from '../../telemetry/events.ts';
import type { Family } from './exposition.ts';
import { createHistogram } from './histogram.ts';

const CALL_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const LANE_STATES = ['open', 'cooling', 'stopped'] as const;
const NANO = 1e9;

/** What only this process knows: it counts from its start. */
export interface ProcessMetrics {
  families(): Family[];
  /** The last reported state of each lane. */
  lanes(): EventMap['lane-state'][];
  /** Stops listening. Idempotent. */
  close(): void;
}

/** Listens to the events of this process from now on. */
export function createProcessMetrics(events: Events): ProcessMetrics {
  const calls = createHistogram(CALL_SECONDS);
  const rows = createHistogram(CALL_SECONDS);
  const lanes = new Map<string, EventMap['lane-state']>();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const ends = [
    events.on('model-call-end', ({ model, outcome, durationMs }) => {
      calls.observe({ model, outcome }, durationMs / 1000);
    }),
    events.on('row-end', ({ outcome, processingMs }) => {
      if (processingMs !== null) rows.observe({ outcome }, processingMs / 1000);
    }),
    events.on('lane-state', (lane) => {
      lanes.set(`${lane.provider}/${lane.model}`, lane);
    }),
  ];
  return {
    families: () => [
      {
        name: 'rowmill_model_call_duration_seconds',
        help: 'Time of a model call in real time, by model and outcome, in this process.',
        type: 'histogram',
        samples: calls.samples(),
      },
      {
        name: 'rowmill_row_duration_seconds',
        help: 'Time of an attempt at a row, by outcome, in this process.',
        type: 'histogram',
        samples: rows.samples(),
      },
      {
        name: 'rowmill_lane_state',
        help: '1 for the state of a lane: open, cooling after a refusal, or stopped.',
        type: 'gauge',
        samples: [...lanes.values()].flatMap(({ provider, model, state }) =>
          LANE_STATES.map((one) => ({ labels: { provider, model, state: one }, value: one === state ? 1 : 0 })),
        ),
      },
      {
        name: 'rowmill_event_loop_lag_seconds',
        help: 'How long the event loop was late, since the start of this process.',
        type: 'gauge',
        samples: [50, 99, 100].map((percentile) => ({
          labels: { percentile: String(percentile) },
          value: delay.percentile(percentile) / NANO,
        })),
      },
    ],
    lanes: () => [...lanes.values()],
    close() {
      delay.disable();
      for (const end of ends) end();
    },
  };
}
