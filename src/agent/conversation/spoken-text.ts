import type { ConversationEvent } from './conversation.ts';

/** The start of a line that reports what happens beside the answer. */
const NOTE = '> [rowmill] ';

/** The answer of a turn as one text, for clients that show nothing else. */
export interface SpokenText {
  /** The text that an event adds; empty for events that add none. */
  add(event: ConversationEvent): string;
  /** The whole text so far. */
  text(): string;
}

/** Starts with no text. Tool calls and warnings become lines of their own, with a blank line on both sides. */
export function createSpokenText(): SpokenText {
  let text = '';
  let isAfterNote = false;
  const append = (added: string) => {
    text += added;
    return added;
  };
  const note = (line: string) => {
    const gap = text === '' || text.endsWith('\n\n') ? '' : text.endsWith('\n') ? '\n' : '\n\n';
    isAfterNote = true;
    return append(`${gap}${NOTE}${line.replaceAll(/\s+/g, ' ')}\n\n`);
  };
  return {
    text: () => text,
    add(event) {
      switch (event.type) {
        case 'text-delta': {
          const added = isAfterNote ? event.text.trimStart() : event.text;
          if (added !== '') isAfterNote = false;
          return append(added);
        }
        case 'tool-call-start':
          return note(event.name);
        case 'tool-call-end':
          return event.is_error ? note(`${event.name} failed`) : '';
        case 'warning':
          return note(event.message);
        case 'turn-end':
          // The text of the next turn starts a paragraph of its own.
          isAfterNote = true;
          return text === '' || text.endsWith('\n\n') || event.stop_reason !== 'tool_use' ? '' : append('\n\n');
        default:
          return '';
      }
    },
  };
}

/** An answer without its notes: a model that read them would write such lines itself. */
export function withoutNotes(answer: string): string {
  const lines = answer.split('\n').filter((line) => !line.startsWith(NOTE.trimEnd()));
  return lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}
