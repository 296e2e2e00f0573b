import { promptPieces } from './prompt-tokens.ts';

/** A piece of a rendered prompt. */
export interface RenderedPiece {
  text: string;
  /** It comes from the row. */
  isValue: boolean;
  at: number;
}

/**
 * Cuts a rendered prompt into what the person wrote and what came from the row. Where the two can't be
 * separated exactly, the whole is one piece.
 */
export function renderedPieces(
  rendered: string,
  { prompt, input, known }: { prompt: string; input: { [field: string]: unknown }; known: readonly string[] },
): RenderedPiece[] {
  const pieces: RenderedPiece[] = [];
  let at = 0;
  for (const { text, name } of promptPieces(prompt, known)) {
    const shown = name === undefined ? text.replaceAll('\\{', '{') : valueText(input, name);
    if (!rendered.startsWith(shown, at)) return [{ text: rendered, isValue: false, at: 0 }];
    pieces.push({ text: shown, isValue: name !== undefined, at });
    at += shown.length;
  }
  return at === rendered.length ? pieces : [{ text: rendered, isValue: false, at: 0 }];
}

function valueText(input: { [field: string]: unknown }, name: string): string {
  const value = Object.hasOwn(input, name) ? input[name] : atPath(input, name.split('.'));
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function atPath(input: unknown, keys: readonly string[]): unknown {
  let found = input;
  for (const key of keys) {
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined;
  }
  return found;
}
