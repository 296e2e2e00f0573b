import type { Log } from '../base/log.ts';
import type { ProxyVariables } from '../providers/shared/lean-fetch.ts';

type SetProxy = typeof import('node:http').setGlobalProxyFromEnv;

/**
 * Routes the global `fetch` and Node's own agents through the proxies of the environment. Model calls use their own
 * connections. Without a proxy in the environment, nothing happens.
 * @param setter loads Node's own function, available from 24.14 on
 */
export async function useProxies(
  proxy: ProxyVariables | undefined,
  log: Log,
  setter: () => Promise<SetProxy | undefined> = async () => (await import('node:http')).setGlobalProxyFromEnv,
): Promise<void> {
  if (proxy === undefined) return;
  const set = await setter();
  if (set === undefined) log.warn({ node: process.version }, 'proxies need Node 24.14 or newer: all calls are direct');
  else set({ ...proxy });
}
