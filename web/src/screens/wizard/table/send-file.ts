import { api, bodyOf, fetchSignedIn, type Schemas } from '../../../data/api.ts';
import { ProblemError, problemError } from '../../../data/problem-error.ts';

/** An upload as it goes on. */
export interface Sending {
  /** Bytes that have arrived at the server. */
  sent: number;
  bytes: number;
  /** The connection broke: it is tried again. */
  isBroken: boolean;
}

interface SendOptions {
  onProgress: (sending: Sending) => void;
  signal: AbortSignal;
}

const PART_BYTES = 4 * 1024 * 1024;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/**
 * Sends a file in parts. After a break it goes on where the server says; it tries until `signal` ends it.
 * @throws ProblemError when the server refuses the file
 */
export async function sendFile(file: File, { onProgress, signal }: SendOptions): Promise<Schemas['Upload']> {
  if (file.size === 0) throw new ProblemError(`${file.name} is empty.`, { code: 'table_empty', status: 400 });
  const query = { name: file.name, length: file.size };
  const path = '/v1/uploads' as const;
  let upload = await persist(() => bodyOf(api.POST(path, { params: { query }, signal })), { signal });
  const tell = (isBroken: boolean) => onProgress({ sent: upload.offset, bytes: file.size, isBroken });
  while (upload.status !== 'complete') {
    tell(false);
    try {
      upload = await sendPart(upload, file, signal);
    } catch (thrown) {
      if (signal.aborted || !isBreak(thrown)) throw thrown;
      tell(true);
      const { upload_id: id } = upload;
      const read = () => bodyOf(api.GET('/v1/uploads/{id}', { params: { path: { id } }, signal }));
      upload = await persist(read, { signal, waits: true });
    }
  }
  tell(false);
  return upload;
}

async function sendPart({ upload_id: id, offset }: Schemas['Upload'], file: File, signal: AbortSignal) {
  const response = await fetchSignedIn(
    new Request(`${location.origin}/v1/uploads/${id}`, {
      method: 'PATCH',
      headers: { 'upload-offset': String(offset), 'content-type': 'application/octet-stream' },
      body: file.slice(offset, offset + PART_BYTES),
      signal,
    }),
  );
  if (!response.ok) throw problemError(await response.json().catch(() => undefined), response);
  return (await response.json()) as Schemas['Upload'];
}

/** Tries again, ever more slowly, while nothing answers. */
async function persist<Value>(
  attempt: () => Promise<Value>,
  { signal, waits = false }: { signal: AbortSignal; waits?: boolean },
): Promise<Value> {
  for (let ms = FIRST_WAIT_MS; ; ms = Math.min(2 * ms, LONGEST_WAIT_MS)) {
    if (waits) await pause(ms, signal);
    waits = true;
    try {
      return await attempt();
    } catch (thrown) {
      if (signal.aborted || !isBreak(thrown)) throw thrown;
    }
  }
}

/** Nothing answered, the server stops, or it has more bytes than was thought: its offset is asked for. */
function isBreak(thrown: unknown): boolean {
  if (thrown instanceof TypeError) return true;
  return thrown instanceof ProblemError && (thrown.status === 0 || thrown.status >= 500 || thrown.status === 409);
}

/** Ends early when the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener('online', end);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener('online', end);
    signal.addEventListener('abort', end);
  });
}
