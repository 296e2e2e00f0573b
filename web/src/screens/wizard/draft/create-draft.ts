import { api, bodyOf, type Schemas } from '../../../data/api.ts';
import { ProblemError } from '../../../data/problem-error.ts';
import { createStore, type Store } from '../../../data/store.ts';
import type { DraftRequest } from './draft-request.ts';

/** A draft as the wizard shows it. */
export interface DraftView {
  request: DraftRequest;
  canUndo: boolean;
  /** saving: changes are on their way. conflict: another page changed it. */
  state: 'saved' | 'saving' | 'conflict' | 'failed';
  savedAt: number;
  fault: Error | undefined;
}

/** A draft that is edited here and kept on the server. */
export interface Draft {
  id: string;
  view: Store<DraftView>;
  /**
   * Changes the draft, and saves it within half a second.
   * @param group changes of one group that follow each other within a second are undone together, such as typing
   */
  change(next: DraftRequest, group?: string): void;
  undo(): void;
  /** Keeps the table and its name, and forgets the rest. */
  reset(): void;
  /** Takes what another page has saved. */
  takeOther(): Promise<void>;
  /**
   * Resolves when everything is saved.
   * @throws ProblemError when it can't be
   */
  flush(): Promise<void>;
}

const SAVE_AFTER_MS = 400;
const GROUP_MS = 1000;
const MOST_PAST = 100;

/** Starts to edit a draft that was read. */
export function createDraft(read: Schemas['Draft']): Draft {
  const id = read.draft_id;
  const first = read.request as DraftRequest;
  const view = createStore<DraftView>({
    ...{ request: first, canUndo: false, state: 'saved', fault: undefined },
    savedAt: new Date(read.updated_at).getTime(),
  });
  let { revision } = read;
  let saved = first;
  let past: DraftRequest[] = [];
  let last: { group: string | undefined; at: number } = { group: undefined, at: 0 };
  let saving: Promise<void> = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(request: DraftRequest): void {
    view.set({ ...view.get(), request, canUndo: past.length > 0 });
    clearTimeout(timer);
    timer = setTimeout(() => void flush().catch(() => undefined), SAVE_AFTER_MS);
  }

  async function save(): Promise<void> {
    const { request } = view.get();
    if (request === saved) return;
    view.set({ ...view.get(), state: 'saving' });
    try {
      const body = { name: request.name ?? null, request: { ...request } as Record<string, never>, revision };
      const kept = await bodyOf(api.PUT('/v1/drafts/{id}', { params: { path: { id } }, body }));
      revision = kept.revision;
      saved = request;
      view.set({ ...view.get(), state: 'saved', savedAt: Date.now(), fault: undefined });
    } catch (thrown) {
      const fault = thrown instanceof Error ? thrown : new Error(String(thrown));
      const isConflict = fault instanceof ProblemError && fault.code === 'draft_conflict';
      view.set({ ...view.get(), state: isConflict ? 'conflict' : 'failed', fault });
      throw fault;
    }
  }

  /** One save at a time: what changes meanwhile is saved by the next. */
  function flush(): Promise<void> {
    clearTimeout(timer);
    saving = saving.catch(() => undefined).then(save);
    return saving;
  }

  function change(next: DraftRequest, group?: string): void {
    const at = Date.now();
    const joins = group !== undefined && group === last.group && at - last.at < GROUP_MS;
    if (!joins) past = [...past, view.get().request].slice(-MOST_PAST);
    last = { group, at };
    show(next);
  }

  return {
    id,
    view,
    change,
    flush,
    undo() {
      const before = past.at(-1);
      if (before === undefined) return;
      past = past.slice(0, -1);
      last = { group: undefined, at: 0 };
      show(before);
    },
    reset() {
      const { csv_uri: table, reading, name } = view.get().request;
      change({
        ...(table !== undefined && { csv_uri: table }),
        ...(reading !== undefined && { reading }),
        ...(name !== undefined && { name }),
      });
    },
    async takeOther() {
      const other = await bodyOf(api.GET('/v1/drafts/{id}', { params: { path: { id } } }));
      ({ revision } = other);
      saved = other.request as DraftRequest;
      past = [];
      view.set({
        ...{ request: saved, canUndo: false, state: 'saved', fault: undefined },
        savedAt: new Date(other.updated_at).getTime(),
      });
    },
  };
}
