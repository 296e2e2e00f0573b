import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { AnswerReader } from '../../../src/providers/shared/answer-reader.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const LONG = 'x'.repeat(20_000);

/** Answers that Node's own client reads, each with the end of its connection. */
const ANSWERS: [string, string][] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\nX-Two: a\r\nx-two:  b \r\n\r\n{"ö":1}'],
  ['no body', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ['no reason', 'HTTP/1.1 529\r\ncontent-length: 2\r\n\r\nno'],
  ['a status without a body', 'HTTP/1.1 204 No Content\r\nx-one: 1\r\n\r\n'],
  ['chunks', `${CHUNKED}3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\n\r\n`],
  ['chunks and fields after them', `${CHUNKED}1\r\na\r\n0\r\nx-after: 1\r\n\r\n`],
  ['a body that ends with the connection', `HTTP/1.1 200 OK\r\nx-one: 1\r\n\r\n${LONG}`],
  ['an old server', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok'],
  ['notices before it', `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na`],
  ['names of the prototype', 'HTTP/1.1 200 OK\r\nconstructor: 1\r\ncontent-length: 1\r\n\r\na'],
];

/** Bytes that are not one whole answer. */
const OTHERS: [string, string][] = [
  ['no protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a length with a sign', 'HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na'],
  ['another encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
  ['a header on two lines', 'HTTP/1.1 200 OK\r\nx-one: 1\r\n two\r\ncontent-length: 0\r\n\r\n'],
  ['a name with a space', 'HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n'],
  ['a bare line feed', 'HTTP/1.1 200 OK\r\nx-one: 1\ncontent-length: 3\r\n\r\n'],
  ['a chunk without a size', `${CHUNKED}x\r\n`],
  ['a chunk that is longer than its size', `${CHUNKED}1\r\nab\r\n0\r\n\r\n`],
  ['a chunk that ends with a bare line feed', `${CHUNKED}1\na\n0\n\n`],
  ['a head that is too long', `HTTP/1.1 200 OK\r\nx-one: ${LONG}\r\n\r\n`],
  ['a line of chunks that is too long', `${CHUNKED}1;${LONG}\r\n`],
];

/** Reads bytes in parts of a size, then the end of the connection. */
function readIn(bytes: Buffer, size: number) {
  const reader = new AnswerReader();
  for (let at = 0; at < bytes.length; at += size) {
    const answer = reader.read(bytes.subarray(at, at + size));
    if (answer !== undefined) return answer;
  }
  return reader.end();
}

async function byNode(bytes: Buffer) {
  const server = createServer((socket) => socket.once('data', () => socket.end(bytes)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const sent = request({ port: (server.address() as AddressInfo).port, method: 'POST', agent: false }).end();
    const [response] = await once(sent, 'response');
    return { status: response.statusCode, headers: { ...response.headers }, text: await text(response) };
  } finally {
    server.close();
  }
}

test.for(ANSWERS)('reads an answer with %s as Node does, however its bytes arrive', async ([, raw]) => {
  const bytes = Buffer.from(raw);
  const expected = await byNode(bytes);
  for (const size of [bytes.length, 1, 2, 3, 7, 64]) {
    const answer = readIn(bytes, size);
    expect({ status: answer?.status, headers: { ...answer?.headers }, text: answer?.text }).toEqual(expected);
  }
});

test.for(OTHERS)('refuses %s', ([, raw]) => {
  const bytes = Buffer.from(raw);
  for (const size of [bytes.length, 1, 5]) {
    expect(() => readIn(bytes, size)).toThrow(expect.objectContaining({ code: 'HPE_INVALID_ANSWER' }));
  }
});

test.for([
  ['a length', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab'],
  ['chunks', `${CHUNKED}3\r\nabc\r\n`],
  ['a part of its head', 'HTTP/1.1 200 OK\r\ncontent-le'],
] as const)('takes an answer with %s that breaks off for none', ([, raw]) => {
  expect(readIn(Buffer.from(raw), 5)).toBeUndefined();
});

test('keeps a connection only where the answer says so, and nothing came after it', () => {
  const isKept = (raw: string) => new AnswerReader().read(Buffer.from(raw))?.isKept;
  const [head, end] = ['HTTP/1.1 200 OK\r\ncontent-length: 1\r\n', '\r\na'];
  expect(isKept(head + end)).toBe(true);
  expect(isKept(`${head}connection: keep-alive, Close\r\n${end}`)).toBe(false);
  expect(isKept(`${head}${end}HTTP/1.1 200 OK`)).toBe(false);
  expect(isKept(`${CHUNKED}0\r\n\r\nx`)).toBe(false);
  expect(isKept(head.replace('1.1', '1.0') + end)).toBe(false);
  expect(isKept(`${head.replace('1.1', '1.0')}connection: keep-alive\r\n${end}`)).toBe(true);
});

test('reads one answer after another', () => {
  const reader = new AnswerReader();
  for (const [, raw] of [...ANSWERS.slice(0, 6), ...ANSWERS.slice(0, 6)]) {
    expect(reader.head).toBeUndefined();
    expect(reader.read(Buffer.from(raw))?.isKept).toBe(true);
  }
});
