/** Characters that are not seen and that joined, printed and old files leave behind, with their names. */
const HIDDEN: readonly { character: string; name: string }[] = [
  { character: '\f', name: 'a form feed' },
  { character: '\u001a', name: 'an end-of-file mark' },
  { character: '\ufeff', name: 'a byte order mark' },
  { character: '\u200b', name: 'a zero-width space' },
];
const SEARCHED = HIDDEN.map(({ character }) => Buffer.from(character));

/** Whether UTF-8 text may hold such a character: a cheap check of a whole block. */
export function mayHoldHidden(bytes: Buffer): boolean {
  return SEARCHED.some((one) => bytes.includes(one));
}

/** The name of such a character with which one of the cells begins or ends. */
export function hiddenCharacterIn(cells: readonly string[]): string | undefined {
  const isAtEdge = ({ character }: (typeof HIDDEN)[number]) =>
    cells.some((cell) => cell.startsWith(character) || cell.endsWith(character));
  return HIDDEN.find(isAtEdge)?.name;
}
