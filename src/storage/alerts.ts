/** An alert. Times are milliseconds since the epoch. */
export interface AlertRecord {
  id: string;
  rule: string;
  /** What it is about: a batch, an agent, a model; `service` for the whole. */
  subject: string;
  message: string;
  /** What was measured when it was raised; null where nothing is. */
  value: number | null;
  /** The limit of the rule at that time; null where it has none. */
  limit: number | null;
  /** The batch that it is about; null when it is about none. */
  batchId: string | null;
  raisedAt: number;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  /** When a person closed it, though its condition may go on. */
  closedAt: number | null;
  closedBy: string | null;
  /** When its condition ended. */
  resolvedAt: number | null;
}

/** An alert before it is stored. */
export type NewAlert = Omit<AlertRecord, 'acknowledgedAt' | 'acknowledgedBy' | 'closedAt' | 'closedBy' | 'resolvedAt'>;

/**
 * Which alerts are listed. `open`: those that a person has to know of; `ongoing`: those whose condition goes on, closed
 * ones included; `resolved`: those that are not open.
 */
export type AlertSelection = 'open' | 'ongoing' | 'resolved' | 'all';

/** Alerts. The contract of `storage/store.ts` holds for every call. */
export interface AlertStore {
  /**
   * Raises an alert, and has it sent to receivers, in one transaction. Resolves to whether it was raised: of each rule
   * and subject one alert is open at most.
   */
  raiseAlert(alert: NewAlert, receivers: readonly string[]): Promise<boolean>;
  /** Ends an alert whose condition is over, and has that sent unless a person had closed it. Resolves to whether it did. */
  resolveAlert(id: string, at: number, receivers: readonly string[]): Promise<boolean>;
  /** Closes an open alert for a person, and has that sent. Resolves to whether it was open. */
  closeAlert(id: string, close: { by: string; at: number }, receivers: readonly string[]): Promise<boolean>;
  /** Resolves to whether it was open and nobody had acknowledged it. */
  acknowledgeAlert(id: string, by: string, at: number): Promise<boolean>;
  readAlert(id: string): Promise<AlertRecord | undefined>;
  /** Newest first; `before` is an id to continue after. */
  listAlerts(options: { which: AlertSelection; limit: number; before?: string | undefined }): Promise<AlertRecord[]>;
}
