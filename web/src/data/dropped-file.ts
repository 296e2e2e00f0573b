let dropped: File | undefined;

/** Keeps a file that was dropped on another screen, for the wizard that opens next. */
export function keepDroppedFile(file: File): void {
  dropped = file;
}

/** The file that was dropped, once. */
export function takeDroppedFile(): File | undefined {
  const file = dropped;
  dropped = undefined;
  return file;
}
