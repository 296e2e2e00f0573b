import * as http from 'node:http';
import type { Log } from '../base/log.ts';
import type { ProxyVariables } from '../providers/shared/lean-fetch.ts';

/**
 * Routes the global `fetch` and Node's own agents through the proxies of the environment. Model calls use their own
 * connections. Without a proxy in the environment, nothing happens.
 * @param set Node's own function, available from 24.14 on
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
