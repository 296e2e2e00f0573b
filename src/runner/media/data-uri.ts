import { AppError } from '../../base/errors.ts';

/** Whether a cell holds a medium itself, and not its place. */
export function isDataUri(cell: string): boolean {
  return /^\s*data:/i.test(cell);
}

/** What a data URI holds. */
interface DataUri {
  /** In lower case; empty where none is declared. */
  declaredType: string;
  bytes: Buffer;
}

/**
 * The bytes of a base64 data URI.
 * @throws AppError `input_invalid`, before anything is decoded when it has more than `maxBytes`
 */
export function readDataUri(cell: string, maxBytes: number): DataUri {
  const start = cell.indexOf(',');
  const [type = '', ...parameters] = cell.slice(0, Math.max(0, start)).trim().slice('data:'.length).split(';');
  if (start === -1 || parameters.at(-1)?.trim().toLowerCase() !== 'base64') {
    throw invalid('is a data URI without base64; write data:TYPE;base64,…');
  }
  const length = cell.length - start - 1;
  // Line breaks in the text make it longer: the exact size is checked again after decoding.
  if (length * 0.75 > maxBytes * 1.1 + 3) throw tooLarge(Math.floor(length * 0.75), maxBytes);
  const text = cell.slice(start + 1).replaceAll(/\s+/g, '');
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw invalid('is a data URI whose base64 is damaged or cut off');
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
  return { declaredType: type.trim().toLowerCase(), bytes };
}

/** Why a medium is refused; the text is the end of a sentence that begins with the field. */
export function invalid(why: string, cause?: unknown): AppError {
  return new AppError('input_invalid', why, cause === undefined ? {} : { cause });
}

/** @throws nothing: the refusal of a medium that is larger than a provider takes */
export function tooLarge(bytes: number, maxBytes: number): AppError {
  return invalid(`has ${bytes} bytes, and at most ${maxBytes} can be sent; make it smaller`);
}
