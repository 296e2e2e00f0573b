/** The part of a response that the SDKs read. */
export interface LeanResponse {
  ok: boolean;
  status: number;
  statusText: string;
  url: string;
  headers: LeanHeaders;
  body: AsyncIterable<Uint8Array>;
  json(): Promise<unknown>;
  text(): Promise<string>;
}

/** Read-only headers of an answer: a real `Headers` would check and copy each of them. */
export class LeanHeaders implements Iterable<[string, string]> {
  readonly #raw: Record<string, string | string[] | undefined>;

  /** @param raw by lower-case name, as Node gives them */
  constructor(raw: Record<string, string | string[] | undefined>) {
    this.#raw = raw;
  }

  get(name: string): string | null {
    const value = this.#raw[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  *entries(): Generator<[string, string]> {
    for (const name of Object.keys(this.#raw)) {
      const value = this.get(name);
      if (value !== null) yield [name, value];
    }
  }

  [Symbol.iterator](): Generator<[string, string]> {
    return this.entries();
  }
}
