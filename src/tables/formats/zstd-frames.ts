const MAGIC = 0xfd2fb528;
/** The magic numbers of skippable frames differ in their last four bits. */
const SKIPPABLE = 0x184d2a5;
const RLE_BLOCK = 1;
const HAS_CHECKSUM = 4;
const CHECKSUM_BYTES = 4;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/** What the walk over a frame asks for: a number of bytes, at least one, to look at or to pass by. */
interface Part {
  bytes: number;
  look: boolean;
}

/**
 * The same bytes of Zstandard, cut where a frame ends: no chunk holds the bytes of two frames.
 *
 * The decoder of Node 22 and of Node 24.11 ignores what follows a frame in the same chunk, and a frame that is cut off
 * ends without an error: a file of several frames would lose rows.
 * Format: RFC 8878, section 3.1.
 * @throws Error with a code `ZSTD_…`, as the decoder's own, where a frame is cut off or something else follows it
 */
export async function* cutAtFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let frame = startFrame();
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const { taken, ended } = frame.take(chunk.subarray(from));
      if (taken > 0) yield chunk.subarray(from, from + taken);
      from += taken;
      if (ended) frame = startFrame();
    }
  }
  if (frame.isBegun()) throw damaged('ZSTD_cut', 'the file ends within a frame');
}

/** The walk over one frame, fed with bytes as they come. */
function startFrame(): { take(bytes: Buffer): { taken: number; ended: boolean }; isBegun(): boolean } {
  const walk = walkFrame();
  let asked = walk.next(Buffer.alloc(0));
  let seen: Buffer[] = [];
  let passed = 0;
  let total = 0;
  return {
    take: (bytes) => {
      let taken = 0;
      while (!asked.done && taken < bytes.length) {
        const part = bytes.subarray(taken, taken + asked.value.bytes - passed);
        if (asked.value.look) seen.push(part);
        taken += part.length;
        passed += part.length;
        if (passed < asked.value.bytes) break;
        asked = walk.next(Buffer.concat(seen));
        seen = [];
        passed = 0;
      }
      total += taken;
      return { taken, ended: asked.done === true };
    },
    isBegun: () => total > 0,
  };
}

/** Asks for the parts of a frame in their order, and returns behind its last byte. */
function* walkFrame(): Generator<Part, void, Buffer> {
  const magic = (yield { bytes: 4, look: true }).readUInt32LE(0);
  if (magic >>> 4 === SKIPPABLE) {
    const size = (yield { bytes: 4, look: true }).readUInt32LE(0);
    if (size > 0) yield { bytes: size, look: false };
    return;
  }
  if (magic !== MAGIC) throw damaged('ZSTD_prefix', 'something that is no frame follows a frame');
  const descriptor = (yield { bytes: 1, look: true }).readUInt8(0);
  const rest = headerBytes(descriptor);
  if (rest > 0) yield { bytes: rest, look: false };
  for (let last = false; !last; ) {
    const header = (yield { bytes: 3, look: true }).readUIntLE(0, 3);
    last = (header & 1) === 1;
    const size = ((header >>> 1) & 3) === RLE_BLOCK ? 1 : header >>> 3;
    if (size > 0) yield { bytes: size, look: false };
  }
  if ((descriptor & HAS_CHECKSUM) !== 0) yield { bytes: CHECKSUM_BYTES, look: false };
}

/** How long the header of a frame is behind its descriptor: window, dictionary, size of the content. */
function headerBytes(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0;
  const sized = CONTENT_SIZE_BYTES[(descriptor >>> 6) as 0 | 1 | 2 | 3];
  const dictionary = DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
  return (isSingle ? Math.max(sized, 1) : 1 + sized) + dictionary;
}

function damaged(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
