/** The waiting calls of a lane: fair between its members by priority (stride scheduling), in order within a member. */
export interface LaneQueue<Entry> {
  join(priority: number): QueueMember<Entry>;
  size(): number;
  /** The next entry; it stays in the queue. */
  first(): { member: QueueMember<Entry>; entry: Entry } | undefined;
  /** Removes and returns every entry. */
  clear(): Entry[];
}

export interface QueueMember<Entry> {
  setPriority(priority: number): void;
  /** The member had a turn, with or without waiting. */
  served(): void;
  add(entry: Entry, inFront: boolean): void;
  remove(entry: Entry): void;
  /** Removes the member as soon as none of its entries waits. Idempotent. */
  leave(): void;
}

interface Member<Entry> extends QueueMember<Entry> {
  readonly entries: Entry[];
  pass: number;
}

/** An empty {@link LaneQueue}. */
export function createLaneQueue<Entry>(): LaneQueue<Entry> {
  const members = new Set<Member<Entry>>();
  let size = 0;
  /** The pass of the member served last; a returning member starts here. */
  let pass = 0;
  return {
    join(priority) {
      let stride = 1 / priority;
      let hasLeft = false;
      const dropIfEmpty = () => {
        if (hasLeft && member.entries.length === 0) members.delete(member);
      };
      const member: Member<Entry> = {
        entries: [],
        pass,
        setPriority: (next) => {
          stride = 1 / next;
        },
        served() {
          pass = Math.max(pass, member.pass);
          member.pass = pass + stride;
        },
        add(entry, inFront) {
          // A returning member does not catch up on the turns that it missed.
          if (member.entries.length === 0) member.pass = Math.max(member.pass, pass);
          if (inFront) member.entries.unshift(entry);
          else member.entries.push(entry);
          size += 1;
        },
        remove(entry) {
          const index = member.entries.indexOf(entry);
          if (index < 0) return;
          member.entries.splice(index, 1);
          size -= 1;
          dropIfEmpty();
        },
        leave() {
          hasLeft = true;
          dropIfEmpty();
        },
      };
      members.add(member);
      return member;
    },
    size: () => size,
    first() {
      let next: Member<Entry> | undefined;
      for (const member of members) {
        if (member.entries.length > 0 && (next === undefined || member.pass < next.pass)) next = member;
      }
      const entry = next?.entries[0];
      return next === undefined || entry === undefined ? undefined : { member: next, entry };
    },
    clear() {
      size = 0;
      return [...members].flatMap((member) => member.entries.splice(0));
    },
  };
}
