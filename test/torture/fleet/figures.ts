import type { ModelCall, ToolCall, World } from '../world.ts';

/** The most calls that came within a window of this length, at any place. */
export function mostWithin(windowMs: number, calls: readonly { at: number }[]): number {
  const times = calls.map(({ at }) => at).sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [last, at] of times.entries()) {
    while (at - (times[first] ?? at) >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** How many of a worker's latest rows are looked up: many more than it has at a time. */
const LATEST = 50;

/** The calls of a worker that were sent, and whose answers are not in the journal: a cut may repeat these. */
export async function unacknowledged(
  world: World,
  { batchId, who, tools }: { batchId: string; who: string; tools: readonly ToolCall[] },
): Promise<number> {
  const sent = new Map<number, Set<string>>();
  const add = (q: string, key: string) => {
    const row = Number(q.split('r')[1]);
    const keys = sent.get(row) ?? new Set();
    // The latest rows are at the end.
    sent.delete(row);
    sent.set(row, keys.add(key));
  };
  const models = world.modelCalls.filter((call) => call.who === who);
  const all = [...models.map(modelKey), ...tools.filter((call) => call.who === who).map(toolKey)];
  for (const { q, key } of all.sort((a, b) => a.at - b.at)) add(q, key);
  const store = await world.store();
  let open = 0;
  for (const [row, keys] of [...sent].slice(-LATEST)) {
    const entries = await store.readJournalByPrefix(`${batchId}/${row}/`);
    const answered = entries.filter(({ answer }) => answer !== null).map(({ turn, call }) => `${turn}/${call}`);
    open += [...keys].filter((key) => !answered.includes(key)).length;
  }
  return open;
}

interface SentCall {
  q: string;
  key: string;
  at: number;
}

/** The first turn has the row alone; the second one has the call of the tool and its result too. */
function modelKey({ q, depth, at }: ModelCall): SentCall {
  return { q, key: `${depth === 1 ? 0 : 1}/0`, at: at + performance.timeOrigin };
}

function toolKey({ q, at }: ToolCall): SentCall {
  return { q, key: '0/1', at };
}
