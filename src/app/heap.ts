import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap small. Called once, before any work starts.
 *
 * The old generation is collected when it has grown by 80 %; V8's default is about four times its live size. The
 * launcher bounds the young generation, which V8 takes on the command line only.
 */
export function boundHeap(): void {
  setFlagsFromString('--heap-growing-percent=80');
}
