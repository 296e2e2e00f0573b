import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { newCommand } from '../../src/cli/command-context.ts';
import { COMMANDS } from '../../src/cli/commands/commands.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { httpParts } from '../http/http-parts.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const SERVICE = readFileSync(join(ROOT, 'docs/service.md'), 'utf8');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** `GET /v1/batches/{}`: the parameters of a path have other names in the guides. */
const nameless = (route: string) => route.replace(/\?.*$/, '').replaceAll(/\{\w+\}|(?<=\/)[A-Z]+(?=\/|$)/g, '{}');

/** The routes that a text names in backticks, each once. */
const routesIn = (text: string) =>
  new Set([...text.matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \/[^`]*)`/g)].map(([, route = '']) => nameless(route)));

/** The rows of the table under a header, as cells. */
function tableUnder(header: string): string[][] {
  const [, below = ''] = SERVICE.split(`\n${header}\n`);
  const lines = below.split('\n\n')[0]?.split('\n').slice(1) ?? [];
  return lines.map((line) => line.split('|').slice(1, -1));
}

async function servedRoutes(): Promise<string[]> {
  const { paths } = (await (await createHttpApp(httpParts()).request('/openapi.json')).json()) as {
    paths: Record<string, object>;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => nameless(`${method.toUpperCase()} ${path}`)),
  );
}

/** The commands that a server can carry out: `batches list`. */
async function remoteCommands(): Promise<string[]> {
  const found: string[] = [];
  for (const { usage, localBecause, isHidden, load } of COMMANDS) {
    if (localBecause !== undefined || isHidden === true) continue;
    const command = newCommand(new Command(), usage.split(' ')[0] ?? '', '');
    (await load())(command, undefined as never);
    const parts = command.commands.map((part) => `${command.name()} ${part.name()}`);
    found.push(...(parts.length === 0 ? [command.name()] : parts));
  }
  return found;
}

it('docs/service.md names a command for every route, and a route for every command of a server', async () => {
  const rows = tableUnder('| command | over HTTP |');
  const routes = routesIn(rows.map(([, over]) => over).join());
  expect([...routes].toSorted()).toEqual((await servedRoutes()).toSorted());
  const named = rows.flatMap(([commands = '']) =>
    [...commands.matchAll(/`([a-z]+(?: [a-z]+)?)`/g)].map(([, name = '']) => name),
  );
  expect(named.toSorted()).toEqual((await remoteCommands()).toSorted());
});

it('docs/service.md has a route for every endpoint of the earlier service', () => {
  const rows = tableUnder('| earlier | now |');
  const earlier = rows.map(([before]) => before).join();
  for (const path of ['queue', 'queue/bulk', 'queue/status', 'process', 'process/all', 'status/ID', 'results/ID'])
    expect(earlier).toContain(`/batch/${path}\``);
  for (const path of ['active', 'metrics', 'dashboard', 'savings', 'report', 'alerts', 'scheduler/start', 'health'])
    expect(earlier).toContain(`/batch/${path}\``);
  expect(earlier).toMatch(/…\/stop`[\s\S]*\/batch\/integrate\/creative-scoring`, `…\/embeddings`[\s\S]*csv_batches…/);
  for (const [before, now = ''] of rows) expect([before, routesIn(now).size > 0]).toEqual([before, true]);
});

it.each(['README.md', ...globSync('docs/*.md', { cwd: ROOT })])('%s names routes that are served', async (guide) => {
  const text = readFileSync(join(ROOT, guide), 'utf8').replaceAll(/^\| `\w+ \/batch.*?\|/gm, '|');
  const served = (await servedRoutes()).map((route) => new RegExp(`^${route.replaceAll('{}', '[^/]+')}$`));
  expect([...routesIn(text)].filter((route) => !served.some((pattern) => pattern.test(route)))).toEqual([]);
});
