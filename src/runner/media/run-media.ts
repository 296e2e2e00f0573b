import { AppError } from '../../base/errors.ts';
import type { MediaBlock } from '../../protocol/media.ts';
import type { Json, JsonObject, Message } from '../../protocol/messages.ts';
import type { JournalPort } from '../rows/journal-port.ts';
import { invalid } from './data-uri.ts';
import type { MediaOpener } from './open-media.ts';

/** The media of one run. */
export interface RunMedia {
  blocks: MediaBlock[];
  /**
   * Called before a call is sent. Idempotent.
   * @throws AppError `input_invalid` when a medium is no longer the one that the first call was sent with
   */
  beforeSend(): Promise<void>;
}

const NONE: RunMedia = { blocks: [], beforeSend: async () => undefined };

/**
 * The media of a run. They are read at its start; where the first call is answered in the journal already, only before
 * another call is sent, so that a replay needs no file.
 */
export async function openRunMedia(
  input: JsonObject,
  { run, replays }: { run: string; replays: boolean },
  { opener, journal, signal }: { opener: MediaOpener; journal: Pick<JournalPort, 'read'>; signal: AbortSignal },
): Promise<RunMedia> {
  if (opener.fields.size === 0) return NONE;
  const sent = replays ? await sentMedia(run, journal) : undefined;
  if (sent === undefined) return { ...NONE, blocks: await opener.open(input, signal) };
  let opening: Promise<void> | undefined;
  const blocks = [...sent];
  const open = async () => {
    const now = await opener.open(input, signal);
    for (const block of blocks) {
      const same = now.find(({ field, digest }) => field === block.field && digest === block.digest);
      if (same?.content === undefined) throw changed(block.field);
      block.content = same.content;
    }
  };
  return {
    blocks,
    beforeSend: () => {
      opening ??= open();
      return opening;
    },
  };
}

/** The media of the first call, if it is answered. */
async function sentMedia(run: string, journal: Pick<JournalPort, 'read'>): Promise<MediaBlock[] | undefined> {
  const first = (await journal.read(run)).find(({ turn, call }) => turn === 0 && call === 0);
  if (first?.answer === undefined || first.answer === null) return undefined;
  const [message] = messagesOf(first.request);
  if (message === undefined || typeof message.content === 'string') return undefined;
  return message.content.flatMap((block): MediaBlock[] => (block.type === 'media' ? [{ ...block }] : []));
}

function messagesOf(request: Json): Message[] {
  return Array.isArray(request) ? (request as unknown as Message[]) : [];
}

function changed(field: string): AppError {
  const { message } = invalid('has changed since the row was started; retry the row to begin again with the new one');
  return new AppError('input_invalid', `The medium of the input field "${field}" ${message}.`);
}
