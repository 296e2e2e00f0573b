import { AppError } from '../../base/errors.ts';

/** Statuses with which a server says that it does not serve an address: not found, not allowed, not implemented. */
const NOT_SERVED = new Set([404, 405, 501]);
const WORDS = 300;

/** What a refused call of a batch API was about. */
export interface JobCall {
  /** `OpenAI`; starts a sentence. */
  service: string;
  /** The setting that decides where calls go: `OPENAI_BASE_URL`. */
  address: string;
  /** The job that was asked for; absent for calls that create, upload or list. */
  jobId?: string;
}

/**
 * A refusal in the words of jobs: a job that is not known, or a server that has no batch API at all. Without it, the
 * words are those of a model call. Any other fault stays as it is.
 */
export function inJobWords(error: AppError, { service, address, jobId }: JobCall): AppError {
  const { cause } = error;
  const status = (cause as { status?: unknown } | undefined)?.status;
  if (!(cause instanceof Error) || typeof status !== 'number' || !NOT_SERVED.has(status)) return error;
  const said = `${saidBy(cause)} (status ${status})`;
  if (jobId !== undefined) {
    return new AppError('model_unknown', `${service} does not know the job ${jobId}: ${said}.`, { cause });
  }
  // The model itself is not known; its own message says so.
  if ((cause as { code?: unknown }).code === 'model_not_found') return error;
  const text = `The server that ${address} names has no batch API of ${service} for this model: ${said}. Run with --mode realtime, or set ${address} to a server that has one.`;
  return new AppError('model_unavailable', text, { cause });
}

/** The server's own words, in one line. */
function saidBy(cause: Error): string {
  const { apiMessage, error } = cause as { apiMessage?: unknown; error?: { message?: unknown } };
  const own = [apiMessage, error?.message, messageIn(cause.message)].find(
    (text) => typeof text === 'string' && text !== '',
  );
  const line = String(own ?? cause.message.replace(/^\d{3} /, ''))
    .replace(/\s+/g, ' ')
    .trim();
  return (line.length > WORDS ? `${line.slice(0, WORDS)}…` : line).replace(/\.$/, '');
}

/** The SDK's message may be the JSON body of the answer. */
function messageIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { error?: { message?: unknown } }).error?.message;
  } catch {
    // Not a JSON body.
    return undefined;
  }
}
