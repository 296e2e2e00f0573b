import { displayWidth } from './terminal-text.ts';

/** Breaks text that comes in pieces at blanks, so that no word is cut by the edge of a terminal. */
export interface WordWrap {
  /** What may be written now; a word that may go on is held back. */
  add(text: string): string;
  /** The rest; the next text begins a line. */
  end(): string;
}

/** A whole text broken into lines. */
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
