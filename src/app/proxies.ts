import * as http from 'node:http';
import type { Log } from '../base/log.ts';
import type { ProxyVariables } from '../providers/shared/lean-fetch.ts';

/**
 * Sends what goes through the global `fetch` and Node's own agents through the proxies of the environment; model calls
 * have connections of their own. Nothing happens where the environment names no proxy.
 * @param set Node's own, which is there from 24.14 on
 */
export function useProxies(
  proxy: ProxyVariables | undefined,
  log: Log,
  set: typeof http.setGlobalProxyFromEnv | undefined = http.setGlobalProxyFromEnv,
): void {
  if (proxy === undefined) return;
  if (set === undefined) log.warn({ node: process.version }, 'proxies need Node 24.14 or newer: all calls are direct');
  else set({ ...proxy });
}
