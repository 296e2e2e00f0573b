import { createStore, useStore } from './store.ts';

/** `offline`: this device has no network. `reconnecting`: the server does not answer, and is asked again. */
export type Connection = 'connected' | 'reconnecting' | 'offline';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** How the page stands to the server. */
export const connection = createStore<Connection>(navigator.onLine ? 'connected' : 'offline');

const onReconnect = new Set<() => void>();
let probing = false;

/** Calls back each time that the server answers again. */
export function whenReconnected(callback: () => void): () => void {
  onReconnect.add(callback);
  return () => onReconnect.delete(callback);
}

/** A request got no answer: the server is asked until it answers. Idempotent. */
export function connectionLost(): void {
  connection.set(navigator.onLine ? 'reconnecting' : 'offline');
  if (!probing) void probe();
}

/** Whether the page may send what changes something; false while the server can't be reached. */
export function useCanWrite(): boolean {
  return useStore(connection) === 'connected';
}

async function probe(): Promise<void> {
  probing = true;
  for (let waitMs = FIRST_WAIT_MS; !(await answers()); waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    connection.set(navigator.onLine ? 'reconnecting' : 'offline');
  }
  probing = false;
  connection.set('connected');
  for (const callback of onReconnect) callback();
}

async function answers(): Promise<boolean> {
  return fetch('/healthz', { cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  );
}

addEventListener('offline', connectionLost);
