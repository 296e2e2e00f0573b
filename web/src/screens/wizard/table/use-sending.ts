import { useEffect, useRef, useState } from 'react';
import { api, bodyOf, type Schemas } from '../../../data/api.ts';
import { type Sending, sendFile } from './send-file.ts';

/** A file on its way to the server. */
export interface SendingFile extends Sending {
  name: string;
  fault: Error | undefined;
  /** The first rows of a text file, read from its first megabyte; undefined while they are not there. */
  first: Schemas['TablePreview'] | undefined;
}

const FIRST_BYTES = 1024 * 1024;

/** Sends files of the wizard: one at a time. */
export function useSending(onSent: (upload: Schemas['Upload']) => void) {
  const [sending, setSending] = useState<SendingFile>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  async function send(file: File): Promise<void> {
    abort.current?.abort();
    abort.current = new AbortController();
    const { signal } = abort.current;
    const change = (part: Partial<SendingFile>) =>
      setSending((old) => (signal.aborted || old === undefined ? old : { ...old, ...part }));
    setSending({ name: file.name, sent: 0, bytes: file.size, isBroken: false, fault: undefined, first: undefined });
    if (file.size > 2 * FIRST_BYTES && /\.(csv|tsv|txt|jsonl|ndjson)$/i.test(file.name)) {
      void readFirst(file, signal).then(
        (first) => change({ first }),
        () => undefined,
      );
    }
    try {
      const upload = await sendFile(file, { onProgress: change, signal });
      setSending(undefined);
      onSent(upload);
    } catch (thrown) {
      if (!signal.aborted) change({ fault: thrown instanceof Error ? thrown : new Error(String(thrown)) });
    }
  }

  function stop(): void {
    abort.current?.abort();
    setSending(undefined);
  }

  return { sending, send: (file: File) => void send(file), stop };
}

/** Reads the first rows from a small upload of their own, which is deleted again. */
async function readFirst(file: File, signal: AbortSignal): Promise<Schemas['TablePreview']> {
  const bytes = new Uint8Array(await file.slice(0, FIRST_BYTES).arrayBuffer());
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
  const part = new File([whole], file.name);
  const upload = await sendFile(part, { onProgress: () => undefined, signal });
  try {
    return await bodyOf(api.POST('/v1/tables/preview', { body: { csv_uri: upload.uri, limit: 20 }, signal }));
  } finally {
    void api.DELETE('/v1/uploads/{id}', { params: { path: { id: upload.upload_id } } });
  }
}
