import { toAppError } from '../../../base/errors.ts';
import type { FleetOpener } from '../../../fleet/fleet.ts';
import { isSilent, readPresences, type SeenWorker } from '../../../fleet/presence.ts';
import type { Problem } from '../../contract/problem.ts';
import type { Executor, Fit, ProcessOptions, RunFacts } from '../executor.ts';
import type { ProcessEnd } from '../process-end.ts';
import { isForFleet } from './is-for-fleet.ts';
import type { OwnPrices } from './messages.ts';
import { noFleet } from './no-fleet.ts';
import { openFleetBatch } from './open-fleet-batch.ts';

/** What the executor needs. */
interface FleetExecutorParts {
  /** Drives rows as the executor `realtime` does; the rows themselves run on workers. */
  realtime: Executor;
  /** Null where no Redis is named. */
  fleet: FleetOpener | null;
  prices: OwnPrices;
}

/**
 * The `fleet` executor: rows run on workers of a queue. Claims, concurrency, journal, budget, limits of the model and
 * settlement are those of `realtime`, in the process that holds the lease: Redis is transport and may lose everything.
 */
export function createFleetExecutor({ realtime, fleet, prices }: FleetExecutorParts): Executor {
  return {
    name: 'fleet',
    choose: (facts) => choose(facts, fleet),
    async run(options: ProcessOptions): Promise<ProcessEnd> {
      if (fleet === null) return { kind: 'pause', reason: 'fatal', error: noFleet() };
      const remote = await openFleetBatch(options, { fleet: await fleet.open(), prices }).catch(unreached);
      if ('kind' in remote) return remote;
      try {
        return await realtime.run({ ...options, remote });
      } finally {
        await remote.close();
      }
    },
  };
}

/** Without Redis the batch pauses; another fault is its own. */
function unreached(thrown: unknown): ProcessEnd {
  const error = toAppError(thrown);
  if (error.code !== 'location_unavailable') throw error;
  return { kind: 'pause', reason: 'fatal', error };
}

async function choose({ plan }: RunFacts, fleet: FleetOpener | null): Promise<Fit> {
  const { agent, request } = plan;
  const { mode = 'auto' } = request.options ?? {};
  if (isForFleet(plan)) {
    const problems: Problem[] = [];
    if (fleet === null) problems.push({ code: 'option_not_supported', message: noFleet().message });
    return { fits: true, reason: mode === 'fleet' ? 'it was asked for' : 'the agent runs on a fleet', problems };
  }
  const tags = agent.requires ?? [];
  if (mode !== 'auto' || fleet === null || tags.length === 0) return { fits: false, reason: '' };
  const workers = await workersWith(tags, fleet);
  if (workers === 0) return { fits: false, reason: `no worker has the tags ${tags.join(', ')}` };
  return { fits: true, reason: `the agent requires ${tags.join(', ')}, and workers with these tags are there` };
}

async function workersWith(tags: readonly string[], fleet: FleetOpener): Promise<number> {
  const { connections, envelope, version } = await fleet.open();
  await connections.ready();
  const workers = await readPresences(connections.commands(), envelope);
  const isThere = (worker: SeenWorker) => worker.version === version && !worker.isDraining && !isSilent(worker);
  return workers.filter((worker) => isThere(worker) && tags.every((tag) => worker.tags.includes(tag))).length;
}
