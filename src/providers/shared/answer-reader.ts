/** An answer to a POST. */
export interface HttpAnswer {
  status: number;
  /** By lower-case name. Values of one name are joined by commas. */
  headers: Record<string, string>;
  text: string;
}

/** Status line and headers, as far as they have to be read. */
interface Head extends Omit<HttpAnswer, 'text'> {
  /** Whether the server keeps the connection after the answer. */
  isKept: boolean;
  /** Length of the body in bytes; Infinity until the connection ends; undefined for a body in chunks. */
  length: number | undefined;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** Node's own limit. */
const MAX_HEAD = 16_384;
/** The line before a chunk, or after the last one. */
const MAX_LINE = 4_096;
const STATUS = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const LENGTH = /^\d{1,15}$/;
const CHUNK = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i;

/**
 * Reads the answers of one connection, one after the other: HTTP/1.1 as RFC 9112 has it, for requests that are never
 * sent before the last one is answered. What is not exactly an answer is refused, never guessed: an answer must not be
 * taken for that of another request.
 */
export class AnswerReader {
  /** Bytes that are not read yet, at most a head or a line. */
  #rest: Buffer | undefined;
  #head: Head | undefined;
  #parts: Buffer[] = [];
  /** Bytes of the body, or of its chunk, that are still to come; undefined between chunks. */
  #left: number | undefined;
  #isLastChunk = false;

  /** The head of an answer that is not complete. */
  get head(): Omit<HttpAnswer, 'text'> | undefined {
    return this.#head;
  }

  /**
   * Takes the next bytes. Returns the answer that they complete; `isKept`: another request may be sent.
   * @throws Error when they are not an answer, with a code as of Node's parser
   */
  read(chunk: Buffer): (HttpAnswer & { isKept: boolean }) | undefined {
    let bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    while (this.#head === undefined) {
      const end = bytes.indexOf(HEAD_END);
      if (end > MAX_HEAD || (end < 0 && bytes.length > MAX_HEAD)) throw notAnAnswer('its head is too long');
      if (end < 0) {
        this.#rest = bytes;
        return undefined;
      }
      const head = toHead(bytes.toString('latin1', 0, end));
      bytes = bytes.subarray(end + HEAD_END.length);
      // Notices before the answer.
      if (head.status < 200) continue;
      this.#head = head;
      this.#left = head.length;
    }
    return this.#head.length === undefined ? this.#readChunks(bytes) : this.#readBody(bytes);
  }

  /** The connection has ended: the answer whose body ends so. */
  end(): HttpAnswer | undefined {
    return this.#head?.length === Number.POSITIVE_INFINITY ? this.#complete(0) : undefined;
  }

  #readBody(bytes: Buffer): (HttpAnswer & { isKept: boolean }) | undefined {
    const left = this.#left ?? 0;
    if (bytes.length > 0) this.#parts.push(bytes.length > left ? bytes.subarray(0, left) : bytes);
    this.#left = Math.max(0, left - bytes.length);
    return this.#left === 0 ? this.#complete(bytes.length - left) : undefined;
  }

  #readChunks(given: Buffer): (HttpAnswer & { isKept: boolean }) | undefined {
    let bytes = given;
    while (true) {
      if (this.#left !== undefined) {
        const part = bytes.subarray(0, this.#left);
        if (part.length > 0) this.#parts.push(part);
        this.#left -= part.length;
        bytes = bytes.subarray(part.length);
        if (this.#left > 0) return undefined;
      }
      const end = bytes.indexOf('\n');
      if (end > MAX_LINE || (end < 0 && bytes.length > MAX_LINE)) throw notAnAnswer('a line of its body is too long');
      if (end < 0) {
        // Not before the line is complete: it is read anew.
        this.#rest = bytes;
        return undefined;
      }
      const line = bytes.toString('latin1', 0, end + 1);
      bytes = bytes.subarray(end + 1);
      if (!line.endsWith('\r\n')) throw notAnAnswer('a line of its body has no end');
      if (this.#takeLine(line.slice(0, -2))) return this.#complete(bytes.length);
    }
  }

  /** Returns whether the line is the last of the body. */
  #takeLine(line: string): boolean {
    // Fields after the last chunk are not used.
    if (this.#isLastChunk) return line === '';
    if (this.#left !== undefined) {
      if (line !== '') throw notAnAnswer('a chunk of its body is longer than said');
      this.#left = undefined;
      return false;
    }
    const size = CHUNK.exec(line)?.[1];
    if (size === undefined) throw notAnAnswer('a chunk of its body has no size');
    if (Number.parseInt(size, 16) === 0) this.#isLastChunk = true;
    else this.#left = Number.parseInt(size, 16);
    return false;
  }

  /** @param surplus bytes after the answer, to which no request belongs */
  #complete(surplus: number): HttpAnswer & { isKept: boolean } {
    const { status, headers, isKept } = this.#head as Head;
    const [first = Buffer.alloc(0)] = this.#parts;
    const text = (this.#parts.length > 1 ? Buffer.concat(this.#parts) : first).toString('utf8');
    this.#head = undefined;
    this.#parts = [];
    this.#left = undefined;
    this.#isLastChunk = false;
    return { status, headers, text, isKept: isKept && !(surplus > 0) };
  }
}

function toHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const [, minor, code] = STATUS.exec(statusLine) ?? [];
  if (code === undefined) throw notAnAnswer('its first line has no status');
  const status = Number(code);
  if (status === 101) throw notAnAnswer('it changes the protocol');
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (colon < 1 || !NAME.test(name) || /[\0\r\n]/.test(value)) throw notAnAnswer('one of its headers is none');
    const known = headers[name];
    if (known !== undefined && name === 'content-length') throw notAnAnswer('it has two lengths');
    headers[name] = known === undefined ? value : `${known}, ${value}`;
  }
  const { connection = '' } = headers;
  const options = connection.toLowerCase().split(/[\s,]+/);
  const length = lengthOf(status, headers, minor === '1');
  const mayKeep = minor === '1' ? !options.includes('close') : options.includes('keep-alive');
  return { status, headers, length, isKept: mayKeep && length !== Number.POSITIVE_INFINITY };
}

function lengthOf(status: number, headers: Record<string, string>, isNew: boolean): number | undefined {
  const { 'transfer-encoding': encoding, 'content-length': length } = headers;
  if (encoding !== undefined) {
    const isRead = isNew && length === undefined && encoding.toLowerCase() === 'chunked';
    if (!isRead) throw notAnAnswer('the form of its body is not known');
    if (status !== 204 && status !== 304) return undefined;
  }
  if (length !== undefined && !LENGTH.test(length)) throw notAnAnswer('its length is not a number');
  if (status === 204 || status === 304) return 0;
  return length === undefined ? Number.POSITIVE_INFINITY : Number(length);
}

function notAnAnswer(why: string): Error {
  return Object.assign(new Error(`The server did not answer in HTTP/1.1: ${why}.`), { code: 'HPE_INVALID_ANSWER' });
}
