import type { Writable } from 'node:stream';

/** Writes chunks as fast as they are read. A reader that closes the pipe (`| head`) ends the writing; no fault. */
export async function writeAll(chunks: AsyncIterable<string | Uint8Array>, stdout: Writable): Promise<void> {
  let isGone = false;
  let wake: () => void = () => undefined;
  const onError = () => {
    isGone = true;
    wake();
  };
  const onDrain = () => wake();
  stdout.on('error', onError).on('drain', onDrain);
  try {
    for await (const chunk of chunks) {
      if (isGone) return;
      const drained = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (!stdout.write(chunk)) await drained;
    }
  } finally {
    stdout.off('error', onError).off('drain', onDrain);
  }
}
