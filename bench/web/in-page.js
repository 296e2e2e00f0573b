// What the bench runs inside a page: every page of its browser has it as `bench`.
const longest = new Map();
const state = { times: [], next: 0 };

new PerformanceObserver((list) => {
  for (const { interactionId, duration } of list.getEntries()) {
    if (interactionId > 0) longest.set(interactionId, Math.max(longest.get(interactionId) ?? 0, duration));
  }
}).observe({ type: 'event', buffered: true, durationThreshold: 16 });

globalThis.bench = {
  /** When the first content is painted, in milliseconds. */
  firstPaint: () =>
    new Promise((resolve) => {
      new PerformanceObserver((list) => {
        const [paint] = list.getEntriesByName('first-contentful-paint');
        if (paint !== undefined) resolve(paint.startTime);
      }).observe({ type: 'paint', buffered: true });
    }),

  /** Forgets the interactions until now. */
  forget: () => longest.clear(),

  /** The longest event of each interaction since, when all are painted; short ones are not among them. */
  interactions: () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => setTimeout(() => resolve([...longest.values()]), 50));
    }),

  startCounting() {
    state.times = [];
    const frame = (at) => {
      state.times.push(at);
      state.next = requestAnimationFrame(frame);
    };
    state.next = requestAnimationFrame(frame);
  },

  /** The frames since. */
  stopCounting() {
    cancelAnimationFrame(state.next);
    const { times } = state;
    const gaps = times.slice(1).map((at, index) => at - times[index]);
    const seconds = (times.at(-1) - times[0]) / 1_000;
    return { perSecond: gaps.length / seconds, longestMs: Math.max(0, ...gaps) };
  },

  /** A file of so many megabytes, as it is dropped. */
  fileOf(header, megabytes) {
    const part = new Blob(['1 High Street, the second floor at the back,AB1 2CD\n'.repeat(20_166)]);
    const dataTransfer = new DataTransfer();
    const parts = Array.from({ length: megabytes }, () => part);
    dataTransfer.items.add(new File([`${header}\n`, ...parts], 'large.csv'));
    return dataTransfer;
  },
};
