import type { ConversationAgent, RunBill } from '../agent/conversation/conversation-parts.ts';
import { type AgentDefinition, agentLabel, callTimeoutMs } from '../agent/definition.ts';
import { openAgent } from '../agent/open-agent.ts';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { LaneMember, Lanes } from '../providers/lanes/lane.ts';
import type { Providers } from '../providers/open-providers.ts';
import type { PriceTable } from '../providers/prices/prices.ts';
import type { Provider } from '../providers/provider.ts';
import { type Registry, resolveAgent } from '../registry/registry.ts';
import { createBudget } from '../runner/rows/budget.ts';
import type { DayGate } from '../runner/rows/day-gate.ts';
import { createRunCalls, type RunCallsDeps } from '../runner/rows/run-journal.ts';
import { createStoreJournal } from '../runner/rows/store-journal.ts';
import type { Store } from '../storage/store.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { OrchestratorTool } from '../tools/orchestrator-tool.ts';
import { withSpokenAddresses } from '../tools/spoken-addresses.ts';

/** The agent that people talk to. */
export const ORCHESTRATOR = 'orchestrator';

interface OrchestratorParts {
  registry: Registry;
  tools: OrchestratorTool[];
  /** Every message that the person has written in the conversation. */
  said: readonly string[];
  providers: Providers;
  talkLane: (provider: string, model: string) => LaneMember;
  store: Store;
  prices: PriceTable;
  dayGate: DayGate | undefined;
  /** The key of the speaker, if it has a budget. */
  payer: string | null;
  events: EventSink;
  log: Log;
}

/** Conversations go before batches, because people wait for them. All of one model are one member of its lane. */
export function createTalkLanes(lanes: Lanes): OrchestratorParts['talkLane'] {
  const members = new Map<string, LaneMember>();
  return (provider, model) => {
    const key = JSON.stringify([provider, model]);
    const member = members.get(key) ?? lanes.join(provider, model, { priority: 10 });
    members.set(key, member);
    return member;
  };
}

/** The orchestrator is an agent like any other; the server hosts its tools. */
export async function openOrchestrator(label: string | null, parts: OrchestratorParts): Promise<ConversationAgent> {
  const { registry, tools, log } = parts;
  const definition = await resolveAgent(registry, label ?? ORCHESTRATOR);
  const provider = await parts.providers.get(definition.model.provider, definition.model);
  const toolSet = { tools: withSpokenAddresses(tools, parts.said), close: async () => undefined };
  const signal = new AbortController().signal;
  return {
    agent: openAgent({ definition, toolSet, log }),
    label: agentLabel(definition),
    model: definition.model.model,
    standIn: provider.standIn ?? null,
    hooksFor: (runId) =>
      createRunCalls(runId, true, talkCalls(definition, { provider, signal, payer: parts.payer }, parts)),
  };
}

/** The journalled calls of an agent outside of batches; they go before batches. `payer`: the key whose budget they count to. */
export function talkCalls(
  definition: AgentDefinition,
  { provider, signal, payer }: { provider: Provider; signal: AbortSignal; payer: string | null },
  {
    store,
    talkLane,
    prices,
    dayGate,
    events,
  }: Pick<OrchestratorParts, 'store' | 'talkLane' | 'prices' | 'dayGate' | 'events'>,
): RunCallsDeps {
  return {
    journal: createStoreJournal({
      ...{ store, budget: createBudget(undefined, 0), clock: systemClock, dayGate },
      ...(payer !== null && { payer: { budgetKey: payer } }),
    }),
    provider,
    lane: talkLane(provider.server ?? provider.name, definition.model.model),
    callLimits: () => ({ timeoutMs: callTimeoutMs(definition) }),
    prices,
    events,
    clock: systemClock,
    random: Math.random,
    signal,
  };
}

/** What the journal holds of a run of a conversation. */
export async function readRun(run: string, store: Store): Promise<RunBill> {
  const entries = await store.readJournal(run);
  const answers = entries.flatMap(({ answer }) => (answer === null ? [] : [answer]));
  const costs = answers.map((answer) => answer.costMicroUsd);
  const sum = costs.reduce((total, cost) => (total === null || cost === null ? null : total + cost), 0);
  const turns = entries.flatMap(({ kind, turn, answer }): [number, number | null][] =>
    kind !== 'model' || answer === null
      ? []
      : [[turn, answer.costMicroUsd === null ? null : answer.costMicroUsd / 1e6]],
  );
  return { answers: answers.length, costUsd: sum === null ? null : sum / 1e6, turns: new Map(turns) };
}
