import { BSON, type Document } from 'mongodb';

const HEADER_BYTES = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
/** Flags of OP_MSG: a checksum follows; no answer is expected. */
const [HAS_CHECKSUM, MORE_TO_COME] = [1, 2];

/** A command as it arrived. */
export interface Frame {
  requestId: number;
  /** The first hello of a driver comes in the older form. */
  isLegacy: boolean;
  wantsReply: boolean;
  command: Document;
}

/** Cuts a stream of bytes into messages of MongoDB's wire protocol. */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  return (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    while (bytes >= 4) {
      if (chunks.length > 1 && (chunks[0]?.length ?? 0) < 4) chunks = [Buffer.concat(chunks)];
      const length = chunks[0]?.readInt32LE(0) ?? 0;
      if (bytes < length) return;
      const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      onFrame(parse(all.subarray(0, length)));
      chunks = all.length > length ? [all.subarray(length)] : [];
      bytes -= length;
    }
  };
}

/** The bytes of an answer. */
export function replyTo({ requestId, isLegacy }: Frame, reply: Document): Buffer {
  const document = BSON.serialize(reply, { ignoreUndefined: true });
  const head = Buffer.alloc(HEADER_BYTES + (isLegacy ? 20 : 5));
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(requestId, 8);
  head.writeInt32LE(isLegacy ? OP_REPLY : OP_MSG, 12);
  // The number of documents of an OP_REPLY; all its other fields, and the flags of an OP_MSG, are zero.
  if (isLegacy) head.writeInt32LE(1, HEADER_BYTES + 16);
  return Buffer.concat([head, document]);
}

function parse(message: Buffer): Frame {
  const requestId = message.readInt32LE(4);
  const kind = message.readInt32LE(12);
  if (kind === OP_QUERY) {
    const name = message.indexOf(0, HEADER_BYTES + 4);
    return { requestId, isLegacy: true, wantsReply: true, command: read(message, name + 9).document };
  }
  if (kind !== OP_MSG) throw new Error(`This server does not know messages of kind ${kind}.`);
  const flags = message.readUInt32LE(HEADER_BYTES);
  const end = message.length - ((flags & HAS_CHECKSUM) === 0 ? 0 : 4);
  let command: Document = {};
  const sequences: Document = {};
  for (let at = HEADER_BYTES + 4; at < end; ) {
    const isSequence = message[at] === 1;
    at += 1;
    if (!isSequence) {
      const one = read(message, at);
      command = one.document;
      at = one.end;
      continue;
    }
    const last = at + message.readInt32LE(at);
    const nameEnd = message.indexOf(0, at + 4);
    const documents: Document[] = [];
    sequences[message.toString('utf8', at + 4, nameEnd)] = documents;
    for (at = nameEnd + 1; at < last; ) {
      const one = read(message, at);
      documents.push(one.document);
      at = one.end;
    }
  }
  return {
    requestId,
    isLegacy: false,
    wantsReply: (flags & MORE_TO_COME) === 0,
    command: Object.assign(command, sequences),
  };
}

function read(message: Buffer, at: number): { document: Document; end: number } {
  const end = at + message.readInt32LE(at);
  return { document: BSON.deserialize(message.subarray(at, end), { promoteBuffers: false }), end };
}
