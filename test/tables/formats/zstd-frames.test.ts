import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cutAtFrames } from '../../../src/tables/formats/zstd-frames.ts';

/** Several blocks that hardly compress. */
let state = 1;
const nextByte = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state >>> 24;
};
const LONG = zstdCompressSync(Buffer.from(Array.from({ length: 300_000 }, nextByte)));
const SKIPPABLE = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
const FRAMES = [
  zstdCompressSync('a\n1\n'),
  LONG,
  SKIPPABLE,
  zstdCompressSync(''),
  zstdCompressSync('x'.repeat(500_000)),
];

async function cut(bytes: Buffer, size: number): Promise<Buffer[]> {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  return Array.fromAsync(cutAtFrames(chunks()));
}

describe('cutAtFrames', () => {
  it('keeps every byte, and puts no two frames into one chunk, whatever the chunks are', async () => {
    const all = Buffer.concat(FRAMES);
    expect(await cut(all, all.length)).toEqual(FRAMES);
    const ends = FRAMES.map((_, at) => Buffer.concat(FRAMES.slice(0, at + 1)).length);
    for (const size of [17, 4096]) {
      const parts = await cut(all, size);
      expect(Buffer.concat(parts).equals(all)).toBe(true);
      let length = 0;
      const reached = new Set(parts.map((part) => (length += part.length)));
      expect(ends.filter((end) => !reached.has(end))).toEqual([]);
    }
    const small = FRAMES.filter((frame) => frame !== LONG);
    expect(await cut(Buffer.concat(small), 1)).toEqual(
      small.flatMap((frame) => [...frame].map((byte) => Buffer.of(byte))),
    );
  });

  it('reports a frame that is cut off, wherever, and what is no frame', async () => {
    expect(LONG.length).toBeGreaterThan(50_000);
    for (const missing of [1, 3, 40_000, LONG.length - 2])
      await expect(cut(LONG.subarray(0, LONG.length - missing), 100)).rejects.toMatchObject({ code: 'ZSTD_cut' });
    await expect(cut(Buffer.concat([LONG, Buffer.from('plums')]), 100)).rejects.toMatchObject({ code: 'ZSTD_prefix' });
  });

  it('reads frames with a checksum and with a known size', async () => {
    const sized = zstdCompressSync(Buffer.alloc(70_000, 'ab'), {
      params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_contentSizeFlag]: 1 },
      pledgedSrcSize: 70_000,
    });
    expect(await cut(Buffer.concat([sized, sized]), 1 << 20)).toEqual([sized, sized]);
  });
});
