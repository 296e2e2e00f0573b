import { boundHeap } from './app/heap.ts';
import { PACKAGE_ROOT } from './base/process/package-root.ts';
import { packageVersion } from './base/process/package-version.ts';
import type { App } from './cli/app.ts';
import type { Faces } from './cli/command-context.ts';
import { type Io, processIo } from './cli/io.ts';
import type { OwnTables } from './cli/remote/remote-transfer.ts';
import { runCli } from './cli/run-cli.ts';
import { processSignals } from './cli/signals.ts';
import type { McpHttp } from './mcp/http.ts';
import { addUsage, NO_USAGE } from './protocol/messages.ts';
import { type Caller, localCaller } from './runner/contract/caller.ts';

const version = packageVersion();

/**
 * Runs one command line; the launcher calls it.
 * @returns the exit status
 */
export function main(argv: string[], env: Record<string, string | undefined>): Promise<number> {
  boundHeap();
  const io = processIo(process, env);
  return runCli({
    argv,
    version,
    app: async ({ environment, drives, agents, server }) => {
      if (server !== undefined) return remoteApp(server, env);
      // Help and argument errors need none of these modules.
      const [{ createApp }, { config, log }] = await Promise.all([
        import('./app/create-app.ts'),
        startProcess(io, { ...env, ...environment }, { drives: drives === true }),
      ]);
      return createApp(config, log, {
        driver: drives === true ? 'supervisor' : 'detached',
        agents,
      });
    },
    faces: {
      ...FACES,
      worker: async (options) => {
        const [{ openWorker }, { config, log }] = await Promise.all([
          import('./app/open-worker.ts'),
          startProcess(io, env, { drives: true }),
        ]);
        await openWorker(config, log, options);
      },
    },
    env,
    io,
    signals: processSignals(process),
  });
}

/** The configuration and the log of a process that works on this machine, with its proxies and its watchdog. */
async function startProcess(io: Io, env: Record<string, string | undefined>, { drives }: { drives: boolean }) {
  const [{ readConfig }, { createLog }, { useProxies }, { watch }, { noticesOfLog }] = await Promise.all([
    import('./app/config.ts'),
    import('./base/log.ts'),
    import('./app/proxies.ts'),
    import('./app/watchdog.ts'),
    import('./cli/terminal/log-notices.ts'),
  ]);
  const config = readConfig(env, process.cwd());
  const { notices } = io;
  // A person at a terminal reads sentences. JSON lines are for programs, and for a person who asks for a level.
  const log =
    notices === undefined || isSet(env['ROWMILL_LOG_LEVEL'])
      ? createLog(config.logLevel)
      : createLog('debug', noticesOfLog(notices));
  await useProxies(config.providers.proxy, log);
  watch(config.watchdogSeconds, { now: drives, log });
  return { config, log };
}

/** The app of a command with `--server`: it opens no data directory. */
async function remoteApp(url: string, env: Record<string, string | undefined>): Promise<App> {
  const [{ createRemoteApp }, { createLog }, { readRemoteConfig }, { useProxies }] = await Promise.all([
    import('./cli/remote/remote-app.ts'),
    import('./base/log.ts'),
    import('./app/config.ts'),
    import('./app/proxies.ts'),
  ]);
  const { apiKey, logLevel, proxy } = readRemoteConfig(env);
  const log = createLog(logLevel);
  await useProxies(proxy, log);
  // Most commands read no table of this machine.
  const tables = () => import('./app/own-tables.ts');
  const ownTables: OwnTables = {
    listTables: async (path) => (await tables()).listTables(path),
    own: async (...given) => (await tables()).ownTableOfMachine(log)(...given),
  };
  return createRemoteApp({ url, apiKey }, { log, ownTables });
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '';
}

/** Each face is loaded on first use: MCP over stdio answers sooner without the HTTP server. */
const FACES: Omit<Faces, 'worker'> = {
  async http(app, { host, port, signal, hardSignal, notice }) {
    const [{ createHttpApp }, { openPage }, { listen }, { createMcpHttpHandler }] = await Promise.all([
      import('./http/app.ts'),
      import('./http/page/open-page.ts'),
      import('./http/listen.ts'),
      import('./mcp/http.ts'),
    ]);
    const handlers = new Map<string, Promise<McpHttp>>();
    const handlerOf = (caller: Caller): Promise<McpHttp> => {
      const key = JSON.stringify(caller);
      const handler =
        handlers.get(key) ??
        mcpFactory(app, { ...caller, face: 'mcp' }).then((factory) => createMcpHttpHandler(factory, { log: app.log }));
      handlers.set(key, handler);
      return handler;
    };
    const http = createHttpApp({
      server: {
        ...{ host, version, log: app.log, now: Date.now },
        ...(notice !== undefined && { notice }),
        hasKeys: await app.access.requiresKey(),
        ready: async () => {
          await app.runner.lapsed();
          await app.registry.list();
        },
      },
      page: openPage(PACKAGE_ROOT),
      access: app.access,
      audit: app.auditLog,
      idempotency: app.idempotency,
      schedulesOf: (caller) => app.as(caller).schedules,
      start: {
        runnerOf: (caller) => app.as(caller).runner,
        jobsOf: (caller) => app.as(caller).jobs,
        approval: (caller) => ({
          confirmAboveUsd: app.config.confirmAboveUsd,
          confirmations: app.as(caller).confirmations,
        }),
        tablesOf: (caller) => app.as(caller).tables,
      },
      work: { uploads: app.uploads, draftsOf: (caller) => app.as(caller).drafts, newId: app.newId },
      agents: app,
      watch: { monitoringOf: (caller) => app.as(caller).monitoring, prometheus: app.prometheus().text },
      talk: {
        conversations: app.conversations,
        models: {
          histories: app.histories,
          registry: app.registry,
          runAgent: async (definition, given, { signal, caller }) => {
            const { entries, ...run } = await app.tryAgent(definition, { given, signal, caller });
            const usages = entries.flatMap(({ answer }) => (answer?.usage ? [answer.usage] : []));
            return { ...run, usage: usages.reduce(addUsage, NO_USAGE) };
          },
        },
        confirmationsOf: (caller) => app.as(caller).confirmations,
        mcp: async (request, caller) => (await handlerOf(caller)).fetch(request),
      },
    });
    const listening = await listen(http, { port, signal, hardSignal });
    return {
      url: listening.url,
      closed: listening.closed.then(async () => {
        for (const handler of handlers.values()) await (await handler).close();
      }),
    };
  },
  async mcp(app) {
    const { serveMcpStdio } = await import('./mcp/stdio.ts');
    const stop = new AbortController();
    const done = serveMcpStdio(await mcpFactory(app, localCaller('mcp')), { log: app.log, signal: stop.signal });
    // Resumes batches that an earlier process left running.
    await app.ensureDetachedRunner();
    return {
      done,
      close: async () => {
        stop.abort();
        await done;
      },
    };
  },
};

async function mcpFactory(app: App, caller: Caller) {
  const { createMcpServerFactory } = await import('./mcp/server.ts');
  const { registry, log } = app;
  const binding = app.as(caller);
  return createMcpServerFactory({ ...binding, tools: await binding.tools(), registry, version, log });
}
