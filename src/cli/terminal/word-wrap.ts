import { displayWidth } from './terminal-text.ts';

/** Wraps streamed text at blanks, so that the edge of a terminal cuts no word. */
export interface WordWrap {
  /** Returns the text that can be written now; a last word that may be incomplete is held back. */
  add(text: string): string;
  /** Returns the rest; the next text starts a new line. */
  end(): string;
}

/** A complete text, wrapped into lines. */
export function wrapText(text: string, columns: number): string[] {
  const wrap = createWordWrap(columns);
  return (wrap.add(text) + wrap.end()).split('\n');
}

/** @param columns width of a line; infinite leaves the text as it is */
export function createWordWrap(columns: number): WordWrap {
  let held = '';
  let column = 0;
  let blanks = '';
  const place = (word: string): string => {
    const width = displayWidth(word);
    const breaks = column > 0 && column + blanks.length + width > columns;
    const text = breaks ? `\n${word}` : blanks + word;
    column = breaks ? width : column + blanks.length + width;
    blanks = '';
    return text;
  };
  const placeAll = (text: string): string => {
    let placed = '';
    for (const [part] of text.matchAll(/\n| +|[^\n ]+/g)) {
      if (part === '\n') {
        placed += '\n';
        column = 0;
        blanks = '';
      } else if (part.startsWith(' ')) blanks += part;
      else placed += place(part);
    }
    return placed;
  };
  return {
    add: (text) => {
      const all = held + text;
      const cut = Math.max(all.lastIndexOf(' '), all.lastIndexOf('\n')) + 1;
      held = all.slice(cut);
      return placeAll(all.slice(0, cut));
    },
    end: () => {
      const rest = placeAll(held);
      held = '';
      column = 0;
      blanks = '';
      return rest;
    },
  };
}
