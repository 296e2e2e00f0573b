/** Receives the parts of an XML text in order. Names come without their namespace prefix. */
export interface XmlHandlers {
  /** `attributes` is the raw text between the name and the end of the tag; an `attributeReader` reads it. */
  open(name: string, attributes: string): void;
  close(name: string): void;
  /** Contract: one text may arrive in several parts. */
  text(part: string): void;
}

/** A tag is at most this long; the longest tags of workbooks have some hundred characters. */
const MAX_TAG_CHARACTERS = 256 * 1024;
const MAX_ENTITY_CHARACTERS = 12;

/**
 * Reads XML chunk by chunk with constant memory. It checks only what a table depends on: a tag or comment that does not
 * end is an error. Document types are skipped, so that no entity can be declared.
 */
export function createXmlScanner(handlers: XmlHandlers): { push(chunk: string): void; end(): void } {
  let rest = '';

  /** @returns the position behind the tag, or -1 when its end has not arrived */
  function takeTag(text: string, at: number): number {
    if (text.startsWith('<!--', at)) return behind(text, '-->', at + 4);
    if (text.startsWith('<![CDATA[', at)) {
      const end = text.indexOf(']]>', at + 9);
      if (end !== -1) handlers.text(text.slice(at + 9, end));
      return end === -1 ? -1 : end + 3;
    }
    // Too few characters to tell a comment or a CDATA section from a declaration.
    if (text.startsWith('<!', at) && text.length - at < 9) return -1;
    const end = tagEnd(text, at + 1);
    if (end === -1) return -1;
    const first = text.charCodeAt(at + 1);
    if (first === SLASH) handlers.close(localName(text.slice(at + 2, end).trimEnd()));
    else if (first !== QUESTION && first !== EXCLAMATION) {
      const closes = text.charCodeAt(end - 1) === SLASH;
      const tag = text.slice(at + 1, closes ? end - 1 : end);
      const space = tag.search(/\s/);
      const name = localName(space === -1 ? tag : tag.slice(0, space));
      handlers.open(name, space === -1 ? '' : tag.slice(space));
      if (closes) handlers.close(name);
    }
    return end + 1;
  }

  return {
    push(chunk) {
      const text = rest === '' ? chunk : rest + chunk;
      let at = 0;
      for (;;) {
        const open = text.indexOf('<', at);
        if (open === -1) break;
        if (open > at) handlers.text(decodeEntities(text.slice(at, open)));
        const next = takeTag(text, open);
        at = next === -1 ? open : next;
        if (next !== -1) continue;
        if (text.length - open > MAX_TAG_CHARACTERS) throw new Error('a tag of the XML does not end');
        rest = text.slice(open);
        return;
      }
      const cut = text.length - unfinishedEntity(text, at);
      if (cut > at) handlers.text(decodeEntities(text.slice(at, cut)));
      rest = text.slice(cut);
    },
    end() {
      if (rest.startsWith('<')) throw new Error('the XML is cut off');
      if (rest !== '') handlers.text(decodeEntities(rest));
      rest = '';
    },
  };
}

const SLASH = 47;
const QUESTION = 63;
const EXCLAMATION = 33;

function behind(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  return found === -1 ? -1 : found + end.length;
}

/** The position of the `>` that is not inside an attribute's value. */
function tagEnd(text: string, from: number): number {
  for (let at = from, quote = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === 34 || code === 39) quote = code;
    else if (code === 62) return at;
  }
  return -1;
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(colon + 1);
}

/** Number of characters at the end that may start an entity. */
function unfinishedEntity(text: string, from: number): number {
  const start = text.lastIndexOf('&');
  if (start < from || text.length - start > MAX_ENTITY_CHARACTERS || text.indexOf(';', start) !== -1) return 0;
  return text.length - start;
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi, (whole, hex, digits, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole;
    const code = hex === undefined ? Number(digits) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Reads one attribute from the raw text of a tag: decoded, or undefined when it is absent. Prefixes are ignored. */
export function attributeReader(name: string): (attributes: string) => string | undefined {
  const pattern = new RegExp(`\\s(?:[\\w.-]+:)?${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`);
  return (attributes) => {
    const found = pattern.exec(attributes);
    const value = found?.[1] ?? found?.[2];
    return value === undefined ? undefined : decodeEntities(value);
  };
}

/** Scans the chunks of one XML file. */
export async function scanXml(chunks: AsyncIterable<Buffer>, handlers: XmlHandlers): Promise<void> {
  for await (const _ of scanXmlChunks(chunks, handlers)) {
    // Each chunk has been handed to the handlers.
  }
}

/** As {@link scanXml}, but pauses after each chunk until the next one is asked for. */
export async function* scanXmlChunks(chunks: AsyncIterable<Buffer>, handlers: XmlHandlers): AsyncGenerator<void> {
  const scanner = createXmlScanner(handlers);
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    scanner.push(decoder.decode(chunk, { stream: true }));
    yield;
  }
  scanner.push(decoder?.decode() ?? '');
  scanner.end();
  yield;
}

function encodingOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : 'utf-8';
}
