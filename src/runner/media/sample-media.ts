import type { AgentDefinition } from '../../agent/definition.ts';
import type { Clock } from '../../base/clock.ts';
import { toAppError } from '../../base/errors.ts';
import type { MediaBlock } from '../../protocol/media.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import { descriptorOf } from '../../providers/catalog.ts';
import { storedInput } from './media-fields.ts';
import type { MediaOpener } from './open-media.ts';

/** Rows whose media a plan opens, and for how long, in milliseconds: a start answers within two seconds. */
const ROWS_OPENED = 10;
const BUDGET_MS = 700;

/** The media of the first sampled rows of a plan. */
export interface MediaSample {
  /**
   * Opens the media of an input, as long as there is time.
   * @returns the input without the bytes of media
   * @throws AppError `input_invalid`
   */
  see(input: JsonObject): Promise<JsonObject>;
  /** Mean tokens of the media of a row, by the provider's rule; those that are unknown are left out. */
  tokensPerRow(): number;
  warnings(): string[];
}

/** Measures the media of sampled rows for an estimate. */
export function createMediaSample({ model }: AgentDefinition, opener: MediaOpener, clock: Clock): MediaSample {
  const support = descriptorOf(model.provider)?.media;
  let [rows, media, unknown, tokens, spentMs] = [0, 0, 0, 0, 0];
  const count = (block: MediaBlock) => {
    const known = support?.tokens(block, model.model);
    media += 1;
    if (known === undefined) unknown += 1;
    else tokens += known;
  };
  return {
    async see(input) {
      const stored = storedInput(input, opener.fields);
      if (opener.fields.size === 0 || rows >= ROWS_OPENED || spentMs >= BUDGET_MS) return stored;
      const began = clock.monotonic();
      const time = new AbortController();
      const done = new AbortController();
      // A place that does not answer in time is left to its row.
      const late = clock.sleep(BUDGET_MS - spentMs, done.signal).then(
        () => time.abort(),
        () => undefined,
      );
      try {
        for (const block of await opener.open(input, time.signal)) count(block);
        rows += 1;
      } catch (thrown) {
        if (!time.signal.aborted || toAppError(thrown).code === 'internal') throw thrown;
      } finally {
        done.abort();
        await late;
        spentMs += clock.monotonic() - began;
      }
      return stored;
    },
    tokensPerRow: () => (rows === 0 ? 0 : tokens / rows),
    warnings() {
      if (opener.fields.size === 0) return [];
      if (rows === 0) return ['No medium was looked at: the estimate does not count the tokens of the media.'];
      if (unknown === 0) return [];
      const what = `${unknown} of the ${media} media looked at`;
      return [`How many tokens ${what} will cost is not known before they are sent: the estimate leaves them out.`];
    },
  };
}
