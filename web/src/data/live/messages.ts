import type { Schemas } from '../api.ts';

/** A report of a batch. */
export type BatchReport = Schemas['Batch'];

/** What the tabs of one browser tell each other. `tab` is the id of the tab that sends it. */
export type LiveMessage =
  | { kind: 'wants'; tab: string; batches: string[] }
  | { kind: 'leader' }
  | { kind: 'report'; report: BatchReport };

/** The batch sends no more reports by itself. */
export function hasEnded({ status }: Pick<BatchReport, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
