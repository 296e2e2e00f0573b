import type { RE2JS } from 're2js';
import { toLinearPattern } from '../base/schema/linear-pattern.ts';
import { MAX_TIME_MS, startStopwatch } from './stopwatch.ts';

/** Longest text for a pattern search, in UTF-16 units. */
const MAX_TEXT_LENGTH = 1_000_000;
/**
 * The part of RegExp that JSONata uses, on a linear-time engine. JSONata makes one for each evaluation of a literal, so
 * its time bounds loops such as `$match` and `$replace`: JSONata checks no clock between their searches.
 */
export class LinearRegExp {
  lastIndex = 0;
  readonly #regex: RE2JS;
  readonly #watch = startStopwatch();
  #text: string | undefined;
  #matcher: ReturnType<RE2JS['matcher']> | undefined;

  constructor(pattern: RegExp) {
    this.#regex = toLinearPattern(pattern);
  }

  exec(text: string): RegExpExecArray | null {
    if (text.length > MAX_TEXT_LENGTH) {
      throw new Error(`a regular expression searches at most ${MAX_TEXT_LENGTH} characters, this text is longer`);
    }
    if (this.#watch.isOver()) {
      throw new Error(`the searches of a regular expression took longer than ${MAX_TIME_MS} ms`);
    }
    if (this.#matcher === undefined || this.#text !== text) {
      this.#matcher = this.#regex.matcher(text);
      this.#text = text;
    }
    const matcher = this.#matcher;
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined);
    this.lastIndex = matcher.end();
    return Object.assign(groups, { index: matcher.start(), input: text }) as unknown as RegExpExecArray;
  }
}
