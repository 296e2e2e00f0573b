import { type AgentDefinition, agentLabel } from '../agent/definition.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ToolSpec } from '../protocol/messages.ts';
import type { OpenedAgent } from '../protocol/run.ts';
import type { PriceTable } from '../providers/prices/prices.ts';
import type { ModelSource, Provider } from '../providers/provider.ts';
import { hashModules } from '../runner/execution/fleet/hash-modules.ts';
import type { BegunTask, FleetSnapshot, OwnPrices } from '../runner/execution/fleet/messages.ts';
import type { RowRuns } from '../runner/rows/row-run.ts';
import { createRowRuns } from '../runner/rows/row-run.ts';
import type { Tables } from '../tables/table.ts';
import type { BatchSession } from './batch-session.ts';
import type { KeptAnswers } from './kept-answers.ts';
import { createRemotePort, type RemotePort } from './remote-port.ts';
import type { Slots } from './slots.ts';

/** What a worker has of its own: secrets, tools, files. The composition root chooses each. */
export interface WorkerParts {
  openAgent: (definition: AgentDefinition, toolSpecs: ToolSpec[] | null, signal: AbortSignal) => Promise<OpenedAgent>;
  provider: (name: string, model?: ModelSource) => Promise<Provider>;
  priceTable: (own: OwnPrices) => PriceTable;
  tables: Pick<Tables, 'readBytes'>;
  /** The agent of this name and version in the worker's own registry. */
  ownAgent: (name: string, version: string) => Promise<AgentDefinition | undefined>;
  kept: KeptAnswers;
  clock: Clock;
  log: Log;
}

/** A snapshot that is ready: its agent is open, its mappings are compiled. */
export interface OpenedSnapshot {
  runs: RowRuns;
  port: RemotePort;
  /** A run begins: its limits are the newest. */
  see(begun: BegunTask): void;
  close(): Promise<void>;
}

/**
 * Opens what the runs of one model of a batch need.
 * @throws AppError `config_invalid` and others where this worker can't run the agent: a variable or a file is missing
 */
export async function openSnapshot(
  { batch, prices, modules, caches }: FleetSnapshot,
  begun: BegunTask,
  { session, slots, parts, hard }: { session: BatchSession; slots: Slots; parts: WorkerParts; hard: AbortSignal },
): Promise<OpenedSnapshot> {
  const { clock, log } = parts;
  const agent = await onOwnDisk(batch.agent, modules, parts);
  const provider = await parts.provider(agent.model.provider, agent.model);
  const lack = provider.lacks?.();
  // A call without its key would be refused, and a refused key pauses the batch: the other workers may have it.
  if (lack !== undefined) throw unfit(`${agentLabel(agent)} needs ${lack}, which is not set on this worker`);
  const opened = await parts.openAgent(agent, batch.toolSpecs, hard);
  const cache = caches ? provider : undefined;
  const port = createRemotePort(session, { first: begun.limits, kept: parts.kept, slots, cache });
  let { timeoutMs } = begun;
  const runs = createRowRuns(
    { ...batch, agent },
    {
      agent: opened,
      tables: parts.tables,
      timeoutMs: () => timeoutMs,
      calls: {
        ...{ journal: port.journal, lane: port.lane, provider, clock, random: Math.random, signal: hard },
        ...{ prices: parts.priceTable(prices), callLimits: port.callLimits, goesAhead: true },
        events: {
          has: (name) => begun.events.includes(name),
          emit: (name, payload) => session.event({ name, payload } as Parameters<typeof session.event>[0]),
        },
        onRetry: (error, delayMs) => log.debug({ code: error.code, delayMs }, 'model call is repeated'),
      },
    },
  );
  return {
    ...{ runs, port },
    see(next) {
      timeoutMs = next.timeoutMs;
    },
    close: () => opened.close(),
  };
}

/** A worker starts only commands and files that its own registry names; of files, their content must be the same. */
async function onOwnDisk(
  agent: AgentDefinition,
  modules: FleetSnapshot['modules'],
  { ownAgent }: WorkerParts,
): Promise<AgentDefinition> {
  const own = await ownAgent(agent.name, agent.version);
  const { base_dir: _theirs, ...rest } = agent;
  const local = { ...rest, ...(own?.base_dir !== undefined && { base_dir: own.base_dir }) };
  const started = agent.tools.filter((tool) => 'module' in tool || ('mcp' in tool && tool.mcp.command !== undefined));
  const known = new Set(own?.tools.map((tool) => JSON.stringify(tool)));
  for (const tool of started) {
    if (known.has(JSON.stringify(tool))) continue;
    const what = 'module' in tool ? tool.module : 'its MCP server';
    throw unfit(`${agentLabel(agent)} starts ${what}, which the agents of this worker (ROWMILL_AGENTS) do not name`);
  }
  const found = await hashModules(local);
  for (const [path, hash] of Object.entries(modules)) {
    if (found[path] !== hash) throw unfit(`${path} of ${agentLabel(agent)} has another content on this worker`);
  }
  return local;
}

function unfit(why: string): AppError {
  return new AppError('config_invalid', `${why}.`);
}
