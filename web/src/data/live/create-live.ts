import type { BatchReport, LiveMessage } from './messages.ts';
import { createReportStreams, type ReportStreams } from './report-streams.ts';

const NAME = 'rowmill-live';
/** How often the leader asks the tabs what they show; a tab that is silent twice is gone. */
const ROLL_CALL_MS = 20_000;

/** Live reports of batches, over all tabs of a browser. */
export interface Live {
  /** Follows a batch until the returned function is called. */
  watch(batch: string, onReport: (report: BatchReport) => void): () => void;
}

/**
 * Starts following for this tab. One tab of the browser holds the streams for all of them, chosen by a Web Lock. Without
 * Web Locks (plain HTTP beyond localhost), each tab reads for itself.
 */
export function createLive(read: (batch: string) => Promise<BatchReport>): Live {
  const tab = Math.random().toString(36).slice(2);
  const listeners = new Map<string, Set<(report: BatchReport) => void>>();
  const deliver = (report: BatchReport) => {
    for (const listener of listeners.get(report.batch_id) ?? []) listener(report);
  };
  const link = navigator.locks === undefined ? alone(read, deliver) : shared({ tab, read, deliver });
  const tell = () => link.want([...listeners.keys()]);

  return {
    watch(batch, onReport) {
      const known = listeners.get(batch) ?? new Set();
      listeners.set(batch, known.add(onReport));
      if (known.size === 1) tell();
      return () => {
        known.delete(onReport);
        if (known.size > 0 || listeners.get(batch) !== known) return;
        listeners.delete(batch);
        tell();
      };
    },
  };
}

interface Link {
  want(batches: string[]): void;
}

function alone(read: (batch: string) => Promise<BatchReport>, deliver: (report: BatchReport) => void): Link {
  // A tab of its own has no stream to spare: with 12 tabs, streams would take every connection.
  const wanted = { batches: [] as string[] };
  setInterval(() => {
    if (document.hidden) return;
    for (const batch of wanted.batches) void read(batch).then(deliver, () => undefined);
  }, 2_000);
  return {
    want(batches) {
      wanted.batches = batches;
    },
  };
}

function shared(given: {
  tab: string;
  read: (batch: string) => Promise<BatchReport>;
  deliver: (report: BatchReport) => void;
}): Link {
  const { tab, read, deliver } = given;
  const channel = new BroadcastChannel(NAME);
  const send = (message: LiveMessage) => channel.postMessage(message);
  let own: string[] = [];
  let leading: Leading | undefined;

  channel.addEventListener('message', ({ data }: MessageEvent<LiveMessage>) => {
    if (data.kind === 'report') deliver(data.report);
    else if (data.kind === 'leader') send({ kind: 'wants', tab, batches: own });
    else leading?.heard(data.tab, data.batches);
  });
  addEventListener('pagehide', () => send({ kind: 'wants', tab, batches: [] }));
  void navigator.locks.request(NAME, () => {
    const onReport = (report: BatchReport) => {
      send({ kind: 'report', report });
      deliver(report);
    };
    leading = lead(createReportStreams(read, onReport), () => send({ kind: 'leader' }));
    leading.heard(tab, own);
    // Held until the tab closes; then another tab gets the lock.
    return new Promise<never>(() => undefined);
  });
  return {
    want(batches) {
      own = batches;
      if (leading === undefined) send({ kind: 'wants', tab, batches });
      else leading.heard(tab, batches);
    },
  };
}

interface Leading {
  heard(tab: string, batches: string[]): void;
}

function lead(streams: ReportStreams, callTabs: () => void): Leading {
  const wants = new Map<string, { batches: string[]; silent: number }>();
  const follow = () => streams.follow(new Set([...wants.values()].flatMap(({ batches }) => batches)));
  let self: string | undefined;
  setInterval(() => {
    for (const [tab, known] of wants) {
      known.silent += 1;
      if (tab !== self && known.silent > 2) wants.delete(tab);
    }
    follow();
    callTabs();
  }, ROLL_CALL_MS);
  callTabs();
  return {
    heard(tab, batches) {
      self ??= tab;
      wants.set(tab, { batches, silent: 0 });
      follow();
    },
  };
}
