/** An alert. Times are milliseconds since the epoch. */
export interface AlertRecord {
  id: string;
  rule: string;
  /** What it is about: a batch, an agent, a model; `service` for the whole. */
  subject: string;
  message: string;
  raisedAt: number;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  resolvedAt: number | null;
}

/** Alerts. The contract of `storage/store.ts` holds for every call. */
export interface AlertStore {
  /**
   * Raises an alert, and has it sent to receivers, in one transaction. Resolves to whether it was raised: of each rule
   * and subject one alert is open at most.
   */
  raiseAlert(
    alert: Pick<AlertRecord, 'id' | 'rule' | 'subject' | 'message' | 'raisedAt'>,
    receivers: readonly string[],
  ): Promise<boolean>;
  /** Resolves an open alert, and has that sent. Resolves to whether it was open. */
  resolveAlert(id: string, at: number, receivers: readonly string[]): Promise<boolean>;
  /** Resolves to whether it was open and nobody had acknowledged it. */
  acknowledgeAlert(id: string, by: string, at: number): Promise<boolean>;
  readAlert(id: string): Promise<AlertRecord | undefined>;
  /** Newest first; `before` is an id to continue after. */
  listAlerts(options: { openOnly: boolean; limit: number; before?: string | undefined }): Promise<AlertRecord[]>;
}
