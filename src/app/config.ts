import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { GIGABYTE } from '../base/figures.ts';
import { awsVariables, DEFAULT_AWS_REGION } from '../base/process/aws-variables.ts';
import { type FleetSettings, fleetSettings } from '../fleet/fleet-settings.ts';
import { readLimits } from '../monitoring/alerts/alert-limits.ts';
import type { AlertLimits } from '../monitoring/alerts/alert-rules.ts';
import { PROVIDERS } from '../providers/catalog.ts';
import type { ProviderParts } from '../providers/descriptor.ts';
import { DEFAULT_MAX_DECODED_BYTES } from '../tables/formats/decoded-limit.ts';
import { type TraceSettings, traceSettings, traceVariables } from './trace-settings.ts';

/** Everything that the environment decides, read once. Paths are absolute. */
export interface Config {
  dataDir: string;
  /** Layers of the registry from the top down: `ROWMILL_AGENTS` or ./agents.yaml if there is one; the shipped file is below. */
  agents: { kind: 'file'; path: string } | { kind: 'dynamodb'; table: string } | null;
  /** Folders that file sources and sinks may touch, symlinks resolved. */
  fileRoots: string[];
  /** Where tables without an output URI go: a folder or an `s3://` prefix, with `/` at its end; null for the default. */
  resultsUri: string | null;
  /** Hosts that tables may be read from although their address is private, or over plain HTTP; in lower case. */
  httpSources: string[];
  /** The server whose collections may be read and written, with its credentials; null: only servers on this machine. */
  mongodbUri: string | null;
  /** Keys that HTTP clients present as bearer tokens; empty means loopback only. */
  apiKeys: string[];
  logLevel: string;
  /** How long the event loop may be blocked before the watchdog ends the process, in seconds; 0: no watchdog. */
  watchdogSeconds: number;
  /** A file of prices that override the bundled ones. */
  pricesPath: string | null;
  /** Expected dollars from which a batch that a tool call starts must be confirmed; 0 means always. */
  confirmAboveUsd: number;
  /** Whether estimates ask the providers to count tokens. */
  asksForCounts: boolean;
  /** Cap of what all calls of a day may cost, in dollars; null: none. */
  maxUsdPerDay: number | null;
  aws: { region: string; s3Endpoint: string | undefined; dynamoEndpoint: string | undefined };
  /** What the providers' clients are created from. */
  providers: Omit<ProviderParts, 'log'>;
  /** How long to wait before the first status request for a provider job, in milliseconds. */
  batchPollMs: number;
  /** The largest size that one compressed table may decode to. */
  maxDecodedBytes: number;
  /** What files that clients send may take, and how long they are kept. */
  uploads: { maxBytes: number; maxTotalBytes: number; keepMs: number };
  /** Hosts and origins that may get the results of jobs, and the key of the signatures. */
  webhooks: { hosts: string[]; secret: string };
  /** When alerts are raised, and the addresses that they are sent to. */
  alerts: { limits: AlertLimits; webhooks: string[] };
  /** Where traces are sent; null: they are not made. */
  traces: TraceSettings | null;
  /** The machines that run rows beside this one; null where no Redis is named. */
  fleet: FleetSettings | null;
  /** `ROWMILL_FAILPOINT`: where a test ends this process. Read only when `ROWMILL_TESTING` is `failpoints`. */
  failpoint: string | null;
  /** The whole environment, for `${NAME}` references in tools of agents. */
  env: Record<string, string | undefined>;
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const proxyUrl = z
  .url({ protocol: /^https?$/, error: 'must be the URL of an HTTP proxy, such as http://proxy.example.com:3128' })
  .optional();

/** A number above 0 of some unit. */
function positive(unit: string) {
  const error = `must be a number of ${unit} above 0, such as 8`;
  return z.coerce.number({ error }).positive(error);
}

/** Every variable that is read. */
export const environment = z.object({
  ...providerVariables(),
  ...awsVariables,
  ROWMILL_DATA_DIR: z.string().min(1).optional(),
  ROWMILL_AGENTS: z.string().min(1).optional(),
  ROWMILL_FILES: z.string().min(1).optional(),
  ROWMILL_RESULTS: z.string().min(1).optional(),
  ROWMILL_HTTP_SOURCES: z
    .string()
    .regex(/^[\w.,: [\]-]*$/, 'must be host names with commas between them, such as files.example.internal,10.0.0.7')
    .optional(),
  ROWMILL_MONGODB_URI: z
    .string()
    .regex(
      /^mongodb(\+srv)?:\/\/[^/]/,
      'must be the URI of a server, such as mongodb://user:password@db.example.com/?tls=true',
    )
    .optional(),
  ROWMILL_WEBHOOK_HOSTS: z
    .string()
    .regex(
      /^(\s*((https?:\/\/)?[\w.-]+(:\d+)?)?\s*(,|$))*$/,
      'must be hosts or origins with commas between them, such as hooks.example.com,http://127.0.0.1:9000',
    )
    .optional(),
  ROWMILL_WEBHOOK_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
  ROWMILL_ALERTS: z.string().optional(),
  ROWMILL_ALERT_WEBHOOKS: z
    .string()
    .regex(
      /^(\s*((slack\+)?https?:\/\/[^\s,@]+)?\s*(,|$))*$/,
      'must be addresses with commas between them, such as https://ops.example.com/hook,slack+https://chat.example.com/hook',
    )
    .optional(),
  ROWMILL_API_KEYS: z.string().optional(),
  ROWMILL_API_KEY: z.string().optional(),
  ROWMILL_LOG_LEVEL: z.enum(LEVELS, { error: `must be one of ${LEVELS.join(', ')}` }).default('warn'),
  ROWMILL_WATCHDOG_SECONDS: z.coerce.number({ error: 'must be a number of seconds' }).int().min(0).default(60),
  ROWMILL_PRICES: z.string().min(1).optional(),
  ROWMILL_CONFIRM_ABOVE_USD: z.coerce
    .number({ error: 'must be a number of dollars from 0 on, such as 5' })
    .min(0, 'must be a number of dollars from 0 on, such as 5')
    .default(5),
  ROWMILL_COUNT_TOKENS: z.enum(['provider', 'local'], { error: 'must be provider or local' }).default('provider'),
  ROWMILL_MAX_DECODED_GB: positive('gigabytes').default(DEFAULT_MAX_DECODED_BYTES / GIGABYTE),
  ROWMILL_UPLOAD_MAX_GB: positive('gigabytes').default(4),
  ROWMILL_UPLOADS_TOTAL_GB: positive('gigabytes').default(20),
  ROWMILL_UPLOADS_KEEP_DAYS: positive('days').default(7),
  ROWMILL_MAX_USD_PER_DAY: z.coerce
    .number({ error: 'must be a number of dollars from 0 on, such as 20' })
    .min(0, 'must be a number of dollars from 0 on, such as 20')
    .optional(),
  ...traceVariables,
  ROWMILL_REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be the URL of a Redis, such as redis://127.0.0.1:6379' })
    .optional(),
  ROWMILL_WORKER_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
  ROWMILL_TESTING: z.string().optional(),
  ROWMILL_FAILPOINT: z.string().optional(),
  HTTP_PROXY: proxyUrl,
  HTTPS_PROXY: proxyUrl,
  NO_PROXY: z.string().optional(),
  http_proxy: proxyUrl,
  https_proxy: proxyUrl,
  no_proxy: z.string().optional(),
  ROWMILL_BATCH_POLL_SECONDS: z.coerce
    .number({ error: 'must be a number of seconds above 0' })
    .positive('must be a number of seconds above 0')
    .default(10),
});

/** What a command with `--server` reads of the environment. @throws AppError `config_invalid` */
export function readRemoteConfig(
  env: Record<string, string | undefined>,
): Pick<Config, 'logLevel'> & { apiKey: string | undefined; proxy: ProviderParts['proxy'] } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment
    .pick({
      ...{ ROWMILL_API_KEY: true, ROWMILL_LOG_LEVEL: true },
      ...{ HTTP_PROXY: true, HTTPS_PROXY: true, NO_PROXY: true, http_proxy: true, https_proxy: true, no_proxy: true },
    })
    .safeParse(given);
  if (!parsed.success) throw unusable(parsed.error);
  const { ROWMILL_API_KEY: apiKey, ROWMILL_LOG_LEVEL: logLevel } = parsed.data;
  return { apiKey, logLevel, proxy: proxyOf(parsed.data) };
}

function unusable({ issues }: z.ZodError): AppError {
  const faults = issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  return new AppError('config_invalid', `The environment is not usable: ${faults.join('; ')}.`);
}

/**
 * Reads the environment.
 * @throws AppError `config_invalid`, which names every variable at fault and the fix
 */
export function readConfig(env: Record<string, string | undefined>, cwd: string): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) throw unusable(parsed.error);
  const variables = parsed.data;
  return {
    dataDir: resolve(cwd, variables.ROWMILL_DATA_DIR ?? envPaths('rowmill', { suffix: '' }).data),
    agents: agentsOf(variables.ROWMILL_AGENTS, cwd),
    fileRoots: fileRootsOf(variables.ROWMILL_FILES, cwd),
    resultsUri: resultsUriOf(variables.ROWMILL_RESULTS, cwd),
    httpSources: (variables.ROWMILL_HTTP_SOURCES ?? '')
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((host) => host !== ''),
    mongodbUri: variables.ROWMILL_MONGODB_URI ?? null,
    webhooks: webhooksOf(variables),
    alerts: {
      limits: readLimits(variables.ROWMILL_ALERTS, capLimit(variables.ROWMILL_MAX_USD_PER_DAY)),
      webhooks: (variables.ROWMILL_ALERT_WEBHOOKS ?? '').split(',').flatMap((address) => address.trim() || []),
    },
    apiKeys: (variables.ROWMILL_API_KEYS ?? '').split(',').flatMap((key) => (key.trim() === '' ? [] : [key.trim()])),
    logLevel: variables.ROWMILL_LOG_LEVEL,
    watchdogSeconds: variables.ROWMILL_WATCHDOG_SECONDS,
    pricesPath: variables.ROWMILL_PRICES === undefined ? null : resolve(cwd, variables.ROWMILL_PRICES),
    confirmAboveUsd: variables.ROWMILL_CONFIRM_ABOVE_USD,
    asksForCounts: variables.ROWMILL_COUNT_TOKENS === 'provider',
    maxUsdPerDay: variables.ROWMILL_MAX_USD_PER_DAY ?? null,
    aws: {
      region: variables.AWS_REGION ?? DEFAULT_AWS_REGION,
      s3Endpoint: variables.AWS_ENDPOINT_URL_S3 ?? variables.AWS_ENDPOINT_URL,
      dynamoEndpoint: variables.AWS_ENDPOINT_URL_DYNAMODB ?? variables.AWS_ENDPOINT_URL,
    },
    providers: { environment: variables, variable: (name) => env[name], proxy: proxyOf(variables) },
    batchPollMs: variables.ROWMILL_BATCH_POLL_SECONDS * 1000,
    maxDecodedBytes: variables.ROWMILL_MAX_DECODED_GB * GIGABYTE,
    uploads: {
      maxBytes: Math.floor(variables.ROWMILL_UPLOAD_MAX_GB * GIGABYTE),
      maxTotalBytes: Math.floor(variables.ROWMILL_UPLOADS_TOTAL_GB * GIGABYTE),
      keepMs: variables.ROWMILL_UPLOADS_KEEP_DAYS * 86_400_000,
    },
    traces: traceSettings(variables),
    fleet: fleetSettings(variables.ROWMILL_REDIS_URL, variables.ROWMILL_WORKER_KEY),
    failpoint: variables.ROWMILL_TESTING === 'failpoints' ? (variables.ROWMILL_FAILPOINT ?? null) : null,
    env,
  };
}

/** Where a day has a cap, spending is reported before calls have to wait. */
function capLimit(capUsd: number | undefined): Partial<AlertLimits> {
  return capUsd === undefined ? {} : { 'day-spending': capUsd * 0.8 };
}

/** The variables of all providers. */
function providerVariables(): z.ZodRawShape {
  return Object.assign({}, ...PROVIDERS.map((provider) => provider.environment));
}

type ProxyVariable = 'HTTP_PROXY' | 'HTTPS_PROXY' | 'NO_PROXY' | 'http_proxy' | 'https_proxy' | 'no_proxy';

/** Lower-case names take precedence, as in other HTTP clients. */
function proxyOf(variables: Pick<z.output<typeof environment>, ProxyVariable>): ProviderParts['proxy'] {
  const HTTP_PROXY = variables.http_proxy ?? variables.HTTP_PROXY;
  const HTTPS_PROXY = variables.https_proxy ?? variables.HTTPS_PROXY;
  const NO_PROXY = variables.no_proxy ?? variables.NO_PROXY;
  return HTTP_PROXY === undefined && HTTPS_PROXY === undefined ? undefined : { HTTP_PROXY, HTTPS_PROXY, NO_PROXY };
}

function agentsOf(value: string | undefined, cwd: string): Config['agents'] {
  if (value === undefined) {
    const path = join(cwd, 'agents.yaml');
    return existsSync(path) ? { kind: 'file', path } : null;
  }
  if (value.startsWith('dynamodb://')) {
    const table = value.slice('dynamodb://'.length);
    if (!/^[a-zA-Z0-9_.-]{3,255}$/.test(table)) {
      throw new AppError('config_invalid', `ROWMILL_AGENTS names no table in "${value}"; write dynamodb://TABLE.`);
    }
    return { kind: 'dynamodb', table };
  }
  const path = resolve(cwd, value);
  if (!existsSync(path)) {
    throw new AppError('config_invalid', `ROWMILL_AGENTS names ${path}, which does not exist.`);
  }
  return { kind: 'file', path };
}

function resultsUriOf(value: string | undefined, cwd: string): string | null {
  if (value === undefined) return null;
  const isPrefix = /^s3:\/\/[^/]+/.test(value);
  if (!isPrefix && /^[a-z][a-z0-9+.-]*:\/\//i.test(value)) {
    throw new AppError('config_invalid', `ROWMILL_RESULTS is "${value}"; write a folder or s3://BUCKET/PREFIX/.`);
  }
  const place = isPrefix ? value : resolve(cwd, value);
  return place.endsWith('/') ? place : `${place}/`;
}

function fileRootsOf(value: string | undefined, cwd: string): string[] {
  const folders = value === undefined ? [cwd] : value.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => {
    const path = resolve(cwd, folder);
    if (!existsSync(path)) throw new AppError('config_invalid', `ROWMILL_FILES names ${path}, which does not exist.`);
    const real = realpathSync(path);
    if (real === '/') {
      throw new AppError(
        'config_invalid',
        value === undefined
          ? 'The working directory is "/", which would open every file; set ROWMILL_FILES to the folders that tables may be in.'
          : 'ROWMILL_FILES names "/", which would open every file; name the folders that tables may be in.',
      );
    }
    return real;
  });
}

/** Results are sent only where the receiver can check who sent them. */
function webhooksOf(variables: z.output<typeof environment>): Config['webhooks'] {
  const hosts = (variables.ROWMILL_WEBHOOK_HOSTS ?? '').split(',').flatMap((host) => host.trim() || []);
  const secret = variables.ROWMILL_WEBHOOK_SECRET;
  if (hosts.length === 0) return { hosts, secret: secret ?? '' };
  if (secret !== undefined) return { hosts, secret };
  throw new AppError(
    'config_invalid',
    'ROWMILL_WEBHOOK_HOSTS lists receivers of results, so ROWMILL_WEBHOOK_SECRET must be set: it signs what is sent to them.',
  );
}
