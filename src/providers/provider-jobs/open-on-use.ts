import { AppError } from '../../base/errors.ts';
import type { BatchApi } from './batch-api.ts';

type Rest<Call extends (...given: never[]) => unknown> = Parameters<Call>;

/** A batch API whose calls take the opened client first. */
export interface BatchClient<Opened> extends Pick<BatchApi, 'name' | 'limits' | 'omitsUnrun' | 'encode'> {
  /** Called once, by the first call. @throws AppError when credentials are missing */
  open(): Promise<Opened>;
  submit(opened: Opened, ...rest: Rest<BatchApi['submit']>): ReturnType<BatchApi['submit']>;
  status(opened: Opened, ...rest: Rest<BatchApi['status']>): ReturnType<BatchApi['status']>;
  results(opened: Opened, ...rest: Rest<BatchApi['results']>): ReturnType<BatchApi['results']>;
  cancel(opened: Opened, ...rest: Rest<BatchApi['cancel']>): ReturnType<BatchApi['cancel']>;
  find(opened: Opened, ...rest: Rest<BatchApi['find']>): ReturnType<BatchApi['find']>;
  /** Not called where nothing was opened. */
  close?(opened: Opened): Promise<void> | void;
}

/** A {@link BatchApi} that opens its client with the first call; a call whose signal is aborted already sends nothing. */
export function openOnUse<Opened>(client: BatchClient<Opened>): BatchApi {
  let opening: Promise<Opened> | undefined;
  const opened = async (signal: AbortSignal): Promise<Opened> => {
    if (signal.aborted) throw new AppError('aborted', 'The call of the batch API was not sent.');
    opening ??= client.open();
    return opening;
  };
  const { name, limits, omitsUnrun, encode } = client;
  return {
    ...{ name, limits, encode },
    ...(omitsUnrun === undefined ? {} : { omitsUnrun }),
    submit: async (submission) => client.submit(await opened(submission.signal), submission),
    status: async (jobId, signal) => client.status(await opened(signal), jobId, signal),
    async *results(jobId, options) {
      yield* client.results(await opened(options.signal), jobId, options);
    },
    cancel: async (jobId, signal) => client.cancel(await opened(signal), jobId, signal),
    find: async (submissionId, window) => client.find(await opened(window.signal), submissionId, window),
    async close() {
      if (opening !== undefined) await client.close?.(await opening);
    },
  };
}
