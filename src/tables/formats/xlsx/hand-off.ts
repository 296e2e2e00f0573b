/** Passes items from one side that puts them to one that takes them, one at a time. */
export interface HandOff<Item> {
  /** Resolves when the item has been taken and the next one is asked for. Rejects with the fault of {@link fail}. */
  put(item: Item): Promise<void>;
  /** Ends the items; resolves immediately. */
  end(): Promise<void>;
  /** Rejects the waiting `put` and every later one, and ends the items with the fault. The first fault counts. */
  fail(fault: unknown): void;
  items(): AsyncGenerator<Item>;
}

export function createHandOff<Item>(): HandOff<Item> {
  let waiting: { item: Item; taken: PromiseWithResolvers<void> } | undefined;
  /** The item that is being worked on. */
  let current: typeof waiting;
  let ended = false;
  let failure: { fault: unknown } | undefined;
  let arrived = Promise.withResolvers<void>();
  const wake = (): void => {
    arrived.resolve();
    arrived = Promise.withResolvers<void>();
  };
  return {
    async put(item) {
      if (failure !== undefined) throw failure.fault;
      const taken = Promise.withResolvers<void>();
      waiting = { item, taken };
      wake();
      await taken.promise;
    },
    async end() {
      if (failure !== undefined) throw failure.fault;
      ended = true;
      wake();
    },
    fail(fault) {
      failure ??= { fault };
      for (const item of [waiting, current]) item?.taken.reject(failure.fault);
      waiting = undefined;
      wake();
    },
    async *items() {
      for (;;) {
        if (failure !== undefined) throw failure.fault;
        const next = waiting;
        if (next !== undefined) {
          [waiting, current] = [undefined, next];
          yield next.item;
          // Who takes the items asks for more: the last item is done.
          next.taken.resolve();
        } else if (ended) return;
        else await arrived.promise;
      }
    },
  };
}
