import { mulberry32 } from '../messages-server.ts';
import type { WireAnswer, WireRequest } from '../messages-wire.ts';
import type { RefusalKind } from './wire-server.ts';

/** The outcome of one request that is not answered. */
export type ItemFault =
  /** `broken`: its line in the results is cut. */
  { item: 'expired' | 'cancelled' | 'missing' | 'broken' } | { item: 'refused'; kind: RefusalKind; message?: string };

/** The behaviour of a provider's jobs. */
export interface JobBehaviour {
  /** The model, asked once for each request when the results are first read. */
  respond: (request: WireRequest, id: string) => WireAnswer | ItemFault;
  /** The number of status requests until a job ends. Default 1. */
  polls?: number;
  /** Time after which a job ends, in milliseconds, whatever the number of status requests. */
  lastsMs?: number;
  /** How jobs end that are not cancelled. Default `ended`. */
  ending?: 'ended' | 'failed' | 'expired';
  /** The provider reports success, whatever happened. */
  isLying?: boolean;
  seed?: number;
}

export interface JobItem {
  id: string;
  request: WireRequest;
}

/** One job on a provider's side. */
export interface Job {
  id: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** The caller's name for it, if the provider accepts names. */
  label: string | undefined;
  items: JobItem[];
  state: 'queued' | 'running' | 'ended' | 'failed' | 'expired' | 'cancelled';
  isCancelling: boolean;
  polls: number;
}

export type ItemOutcome = { id: string; request: WireRequest; number: number; outcome: WireAnswer | ItemFault };

/** Provider jobs, independent of any wire format. */
export function createJobs(behaviour: JobBehaviour) {
  const { respond, polls = 1, ending = 'ended', isLying = false } = behaviour;
  const random = mulberry32(behaviour.seed ?? 1);
  const jobs: Job[] = [];
  const made = new Map<string, ItemOutcome[]>();
  const outcomes = (job: Job): ItemOutcome[] => {
    const known = made.get(job.id);
    if (known !== undefined) return known;
    const all = job.items.map(({ id, request }, index): ItemOutcome => {
      const outcome = job.state === 'cancelled' ? { item: 'cancelled' as const } : respond(request, id);
      return { id, request, number: index + 1, outcome };
    });
    const shuffled = all
      .map((item) => ({ item, place: random() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ item }) => item);
    made.set(job.id, shuffled);
    return shuffled;
  };
  const end = (job: Job) => {
    if (job.state === 'queued' || job.state === 'running') job.state = job.isCancelling ? 'cancelled' : ending;
  };
  return {
    jobs,
    add(id: string, items: JobItem[], label?: string): Job {
      const state = polls === 0 ? ending : 'queued';
      const job: Job = { id, createdAt: Date.now(), label, items, state, isCancelling: false, polls: 0 };
      jobs.push(job);
      if (behaviour.lastsMs !== undefined) setTimeout(() => end(job), behaviour.lastsMs).unref();
      return job;
    },
    byId: (id: string) => jobs.find((job) => job.id === id),
    isOver: ({ state }: Job) => state !== 'queued' && state !== 'running',
    /** Called for each status request of a job. */
    advance(job: Job): Job {
      if (job.state !== 'queued' && job.state !== 'running') return job;
      job.polls += 1;
      if (job.isCancelling) job.state = 'cancelled';
      else job.state = job.polls >= polls ? ending : 'running';
      return job;
    },
    outcomes,
    counts(job: Job): { total: number; answered: number; refused: number; expired: number; cancelled: number } {
      const total = job.items.length;
      if (isLying) return { total, answered: total, refused: 0, expired: 0, cancelled: 0 };
      const count = (kind: string) =>
        outcomes(job).filter(({ outcome }) => ('item' in outcome ? outcome.item : 'answered') === kind).length;
      const [answered, refused, expired, cancelled] = [
        count('answered'),
        count('refused'),
        count('expired'),
        count('cancelled'),
      ];
      return { total, answered, refused, expired, cancelled };
    },
  };
}

export type Jobs = ReturnType<typeof createJobs>;

/** JSON lines, those of `broken` ones cut in half, and those of `missing` ones left out. */
export function toLines(outcomes: readonly ItemOutcome[], toLine: (item: ItemOutcome) => unknown): string {
  return outcomes
    .flatMap((item) => {
      const fault = 'item' in item.outcome ? item.outcome.item : undefined;
      if (fault === 'missing') return [];
      const line = JSON.stringify(toLine(fault === 'broken' ? { ...item, outcome: { content: [] } } : item));
      return [`${fault === 'broken' ? line.slice(0, line.length / 2) : line}\n`];
    })
    .join('');
}
