/** A request's body, sent in one write, and its content type. */
export interface LeanBody {
  bytes: string | Uint8Array | undefined;
  /** Used when the caller names no type. */
  type?: string;
}

/**
 * The bytes of a body that is completely in memory.
 * @returns undefined for a form or a stream, which the global `fetch` encodes
 */
export async function toLeanBody(body: RequestInit['body']): Promise<LeanBody | undefined> {
  if (body === undefined || body === null) return { bytes: undefined };
  if (body instanceof Uint8Array) return { bytes: body };
  if (ArrayBuffer.isView(body)) return { bytes: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
  if (body instanceof ArrayBuffer) return { bytes: new Uint8Array(body) };
  if (body instanceof URLSearchParams) {
    return { bytes: String(body), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  if (body instanceof Blob) {
    return { bytes: new Uint8Array(await body.arrayBuffer()), ...(body.type === '' ? {} : { type: body.type }) };
  }
  return undefined;
}
