import { loadLater } from './load-later.ts';

const http = loadLater<typeof import('node:http')>('node:http');
const https = loadLater<typeof import('node:https')>('node:https');

/** What both of Node's HTTP modules have. */
type HttpModule = Pick<typeof import('node:http'), 'Agent' | 'get' | 'request'>;

/** Node's module for the protocol of a URL; loaded when it is first asked for. */
export function httpModule(protocol: string): HttpModule {
  return protocol === 'https:' ? (https() as HttpModule) : http();
}
