import type { Client, Transport } from '@modelcontextprotocol/client';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { McpToolsDefinition } from '../definition.ts';
import { type Environment, resolveRecord, resolveReferences } from './environment.ts';
import { reasonOf } from './reason-of.ts';
import { createRedactor, type Redactor } from './redactor.ts';

/** How much of a server's stderr is kept for messages, in characters. */
const KEPT_STDERR_LENGTH = 600;

/** What {@link createMcpConnection} needs in addition to the definition. */
export interface McpConnectionOptions {
  env: Environment;
  /** The agent and the place in it: `agent x@v1, tools[0].mcp`. */
  place: string;
  /** Folder in which a command runs. */
  baseDir: string | undefined;
  log: Log;
  fetch: typeof globalThis.fetch;
}

/** One client of one MCP server, shared by all rows. It reconnects after its server has ended. */
export interface McpConnection {
  /** Hides what the server echoes of the environment's values in its address and headers, and of secret variables. */
  redact: Redactor;
  /** The connected client. @throws AppError `tool_unavailable` when the server can't be started or reached */
  client(): Promise<Client>;
  /** Drops a client whose server does not answer any more; the next call reconnects. */
  drop(client: Client): Promise<void>;
  /** Ends the server, if it was started here. Idempotent. */
  close(): Promise<void>;
}

/**
 * Prepares a connection; nothing is started before the first `client()`.
 * @throws AppError `config_invalid` when a `${NAME}` reference can't be resolved
 */
export function createMcpConnection(definition: McpToolsDefinition, options: McpConnectionOptions): McpConnection {
  const { url = '', headers, env } = definition;
  const secrets = Object.entries(env).flatMap(([name, value]) => (isSecret(name, value, options) ? [value] : []));
  const redact = createRedactor([url, ...Object.values(headers), ...secrets], options.env);
  const open =
    definition.command === undefined ? overHttp(definition, options) : overStdio(definition, { ...options, redact });
  let current: Promise<Client> | undefined;
  let closed = false;

  const connect = async (): Promise<Client> => {
    const { transport, explain } = await open();
    const sdk = await import('@modelcontextprotocol/client');
    // Over HTTP the revision is negotiated. Over stdio that would start a second process for each connection, and every
    // stdio server still accepts the older handshake.
    const mode = definition.command === undefined ? 'auto' : 'legacy';
    const client = new sdk.Client({ name: 'rowmill', version: '0.1.0' }, { versionNegotiation: { mode } });
    client.onerror = (error) => options.log.debug({ err: error }, 'MCP server connection fault');
    try {
      await client.connect(transport, { timeout: definition.timeout_s * 1000 });
    } catch (thrown) {
      await client.close();
      throw new AppError('tool_unavailable', explain(thrown), { cause: thrown, retryable: true });
    }
    return client;
  };

  return {
    redact,
    client() {
      if (closed) return Promise.reject(new AppError('aborted', 'The tools of this agent have been closed.'));
      if (current !== undefined) return current;
      const connecting = connect();
      current = connecting;
      const forget = () => {
        if (current === connecting) current = undefined;
      };
      connecting.then((client) => {
        client.onclose = forget;
      }, forget);
      return connecting;
    },
    async drop(client) {
      if (current !== undefined && (await current.catch(() => undefined)) === client) current = undefined;
      await client.close();
    },
    async close() {
      closed = true;
      const connecting = current;
      current = undefined;
      // A failed connection has nothing to close, and its caller got the error.
      const client = await connecting?.catch(() => undefined);
      await client?.close();
    },
  };
}

interface Opened {
  transport: Transport;
  /** Why connecting failed, and what to do. */
  explain(thrown: unknown): string;
}

const SECRET_NAME = /key|token|secret|pass|pwd|auth|cred|cookie|dsn|(?:^|_)pat(?:_|$)/i;

/** A server also gets folders, regions and the like in its environment, which its answers must still name. */
function isSecret(name: string, template: string, { env, place }: McpConnectionOptions): boolean {
  if (SECRET_NAME.test(`${name} ${template}`)) return true;
  const value = resolveReferences(template, env, `${place}.env.${name}`);
  return URL.canParse(value) && new URL(value).password !== '';
}

function overStdio(
  definition: McpToolsDefinition,
  options: McpConnectionOptions & { redact: Redactor },
): () => Promise<Opened> {
  const { place, baseDir, log, redact } = options;
  const command = definition.command ?? '';
  const own = resolveRecord(definition.env, options.env, `${place}.env`);
  return async () => {
    const { StdioClientTransport, DEFAULT_INHERITED_ENV_VARS } = await import('@modelcontextprotocol/client/stdio');
    const inherited = DEFAULT_INHERITED_ENV_VARS.flatMap((name) => {
      const value = options.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const transport = new StdioClientTransport({
      command,
      args: definition.args,
      env: { ...Object.fromEntries(inherited), ...own },
      stderr: 'pipe',
      ...(baseDir === undefined ? {} : { cwd: baseDir }),
    });
    let lastLines = '';
    transport.stderr?.on('data', (chunk: Buffer) => {
      lastLines = redact.text(`${lastLines}${chunk}`).slice(-KEPT_STDERR_LENGTH);
      log.debug({ stderr: redact.text(String(chunk)) }, 'MCP server wrote to stderr');
    });
    const explain = (thrown: unknown) => {
      const server = `${place}: the MCP server "${[command, ...definition.args].join(' ')}"`;
      if (isMissing(thrown))
        return `${server} can't be started: there is no command "${command}". Install it, or correct the command.`;
      const said = lastLines.trim() === '' ? '' : ` Last lines of its stderr: ${lastLines.trim()}`;
      return `${server} did not start: ${reasonOf(thrown)}.${said}`;
    };
    return { transport, explain };
  };
}

function overHttp(definition: McpToolsDefinition, options: McpConnectionOptions): () => Promise<Opened> {
  const { place, env, fetch } = options;
  const shown = definition.url ?? '';
  const url = resolveReferences(shown, env, `${place}.url`);
  const headers = resolveRecord(definition.headers, env, `${place}.headers`);
  if (!URL.canParse(url) || !/^https?:/i.test(url)) {
    throw new AppError('config_invalid', `${place}.url is "${shown}", which is not an http or https URL. Correct it.`);
  }
  return async () => {
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch });
    const explain = (thrown: unknown) => `${place}: the MCP server at ${shown} can't be reached: ${reasonOf(thrown)}.`;
    return { transport, explain };
  };
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}
