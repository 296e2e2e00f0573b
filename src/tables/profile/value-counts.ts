/** Number of distinct values of a column that are counted individually. */
const CAPACITY = 1024;
/** Initial and maximum slots of the hash table: a table of a thousand short columns must not take 60 MB. */
const FIRST_SLOTS = 64;
const SLOTS = CAPACITY * 2;
/** Number of cells after which, if all places are used, rare values make room for values that become frequent later. */
const WINDOW = 32_768;

/** Counts a column's most frequent values in bounded memory. Indexes are places in its tables; -1 is "none". */
export interface ValueCounts {
  /** Counts a value that has a place. @returns its index, or -1 */
  count(text: string, hash: number): number;
  /** Gives a new value a place with count 1, unless all places are used. @returns its index, or -1 */
  insert(text: string, hash: number, kind: number): number;
  kindAt(index: number): number;
  /** Whether every value seen so far still has its place: then counts are exact. */
  isExact(): boolean;
  size(): number;
  /** Most frequent first; equal counts in the order of the values. */
  top(count: number): { value: string; count: number }[];
}

/**
 * The first 1,024 distinct values are counted exactly. If there are more, rare values lose their places every 32,768
 * cells: those that are less than a thousandth of the cells since they were added. So a value that becomes frequent
 * later is found; its count is a lower bound.
 *
 * An open hash table. It uses the hash that the distinct estimate needs anyway: `Map` would hash every string a second
 * time.
 */
export function createValueCounts(): ValueCounts {
  let slots = FIRST_SLOTS;
  let texts: string[] = new Array(slots).fill('');
  let hashes = new Int32Array(slots);
  let counts = new Float64Array(slots);
  let kinds = new Uint8Array(slots);
  let bornAt = new Float64Array(slots);
  let size = 0;
  let exact = true;
  let cells = 0;

  const slotFor = (text: string, hash: number): number => {
    let slot = hash & (slots - 1);
    while (counts[slot] !== 0 && (hashes[slot] !== hash || texts[slot] !== text)) slot = (slot + 1) & (slots - 1);
    return slot;
  };

  /** Rebuilds the table with `newSlots` slots from the places that `keep` accepts. */
  const rebuild = (newSlots: number, keep: (slot: number) => boolean): void => {
    const old = { slots, texts, hashes, counts, kinds, bornAt };
    slots = newSlots;
    texts = new Array(slots).fill('');
    hashes = new Int32Array(slots);
    counts = new Float64Array(slots);
    kinds = new Uint8Array(slots);
    bornAt = new Float64Array(slots);
    size = 0;
    for (let from = 0; from < old.slots; from += 1) {
      if (old.counts[from] === 0 || !keep(from)) continue;
      const text = old.texts[from] ?? '';
      const hash = old.hashes[from] ?? 0;
      const slot = slotFor(text, hash);
      texts[slot] = text;
      hashes[slot] = hash;
      counts[slot] = old.counts[from] ?? 0;
      kinds[slot] = old.kinds[from] ?? 0;
      bornAt[slot] = old.bornAt[from] ?? 0;
      size += 1;
    }
  };

  const makeRoom = (): void => {
    const before = { counts, bornAt };
    rebuild(slots, (slot) => (before.counts[slot] ?? 0) * 1000 > cells - (before.bornAt[slot] ?? 0));
  };

  return {
    count(text, hash) {
      cells += 1;
      if (cells % WINDOW === 0 && !exact) makeRoom();
      const slot = slotFor(text, hash);
      if (counts[slot] === 0) return -1;
      counts[slot] = (counts[slot] ?? 0) + 1;
      return slot;
    },
    insert(text, hash, kind) {
      if (size >= CAPACITY) {
        exact = false;
        return -1;
      }
      if (size * 2 >= slots && slots < SLOTS) rebuild(slots * 2, () => true);
      const slot = slotFor(text, hash);
      texts[slot] = detached(text);
      hashes[slot] = hash;
      counts[slot] = 1;
      kinds[slot] = kind;
      bornAt[slot] = cells;
      size += 1;
      return slot;
    },
    kindAt: (index) => kinds[index] ?? 0,
    isExact: () => exact,
    size: () => size,
    top: (count) =>
      texts
        .map((value, slot) => ({ value, count: counts[slot] ?? 0 }))
        .filter((entry) => entry.count > 0)
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
        .slice(0, count),
  };
}

/** A copy that does not keep alive the block from which V8 sliced the text. Short strings are already copies. */
export function detached(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf16le').toString('utf16le');
}
