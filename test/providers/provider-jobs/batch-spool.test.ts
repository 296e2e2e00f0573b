import { access, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requestId } from '../../../src/providers/provider-jobs/batch-api.ts';
import { readJsonLines } from '../../../src/providers/provider-jobs/batch-lines.ts';
import { removeOrphanSpools, spoolLines } from '../../../src/providers/provider-jobs/batch-spool.ts';

const limits = { maxRequests: 10, maxBytes: 60 };
const signal = new AbortController().signal;

describe('a spool', () => {
  it('holds the lines where only this user can read them, until it is removed', async () => {
    const spool = await spoolLines(['{"a":1}', '{"b":"ü"}'], { limits, signal });
    expect(await (await spool.blob('application/jsonl')).text()).toBe('{"a":1}\n{"b":"ü"}\n');
    expect(spool).toMatchObject({ requests: 2, bytes: 19 });
    expect((await stat(spool.path)).mode & 0o777).toBe(0o600);
    await spool.remove();
    await spool.remove();
    await expect(access(spool.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is deleted by the next process when its own was killed, and left alone while its own lives', async () => {
    const orphan = await mkdtemp(join(tmpdir(), 'rowmill-batch-999999999-'));
    const mine = await spoolLines(['1'], { limits, signal });
    await removeOrphanSpools();
    await expect(access(orphan)).rejects.toMatchObject({ code: 'ENOENT' });
    await access(mine.path);
    await mine.remove();
  });

  it('puts a frame around them', async () => {
    const frame = { head: '[', separator: ',', tail: ']' };
    const spool = await spoolLines(['1', '2', '3'], { limits, signal, frame });
    expect(await (await spool.blob('application/json')).text()).toBe('[1,2,3]');
    await spool.remove();
  });

  it('refuses more bytes than a job takes', async () => {
    await expect(spoolLines(['x'.repeat(60)], { limits, signal })).rejects.toMatchObject({
      code: 'model_request_invalid',
      message: expect.stringContaining('60 bytes at most; this one has 61'),
    });
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    async function* endless(): AsyncGenerator<string> {
      for (let line = 0; ; line += 1) {
        if (line === 1000) controller.abort();
        yield 'x'.repeat(1000);
      }
    }
    await expect(spoolLines(endless(), { limits, signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});

describe('lines of JSON', () => {
  it('are put together from pieces, broken anywhere', async () => {
    const text = '{"id":"ü\u2028"}\r\n\n{"cut": \n[1]\n{"last":true}';
    for (let size = 1; size <= 7; size += 1) {
      const bytes = Buffer.from(text);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      async function* body(): AsyncGenerator<Uint8Array> {
        yield* pieces;
      }
      expect(await Array.fromAsync(readJsonLines(body()))).toEqual([{ id: 'ü\u2028' }, { last: true }]);
    }
  });
});

describe('the id of a request', () => {
  it('takes what every provider takes', () => {
    expect(requestId('sub_1', 'row1-0')).toBe('sub_1-row1-0');
    expect(() => requestId('sub.1', 'row1')).toThrow('64 letters');
    expect(() => requestId('sub1', 'x'.repeat(60))).toThrow('64 letters');
  });
});
