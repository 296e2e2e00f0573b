import { setFlagsFromString } from 'node:v8';

/**
 * The flag makes V8 refuse the code that Node has compiled in advance, and compile its modules anew: 25 ms of a start. By
 * this time a command has loaded what it needs.
 */
const AFTER_MS = 1000;

/**
 * Keeps the heap small, soon after the start. Called once.
 *
 * The old generation is collected when it has grown by 80 %; V8's default is about four times its live size. The
 * launcher bounds the young generation, which V8 takes on the command line only.
 */
export function boundHeap(): void {
  setTimeout(() => setFlagsFromString('--heap-growing-percent=80'), AFTER_MS).unref();
}
