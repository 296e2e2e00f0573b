import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  agentDefinition,
  httpToolDefinition,
  mcpToolsDefinition,
  modelDefinition,
} from '../../src/agent/definition.ts';
import { environment } from '../../src/app/config.ts';
import { bedrockEnvironment } from '../../src/cli/bedrock/settings.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const GUIDES = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'examples/README.md'].concat(
  globSync('docs/*.md', { cwd: ROOT }),
);
/** The only key of an agent that people do not write. */
const SET_BY_THE_REGISTRY = 'base_dir';
/** Variables of the tests, which users have no reason to set. */
const FOR_TESTS = ['ROWMILL_TESTING', 'ROWMILL_FAILPOINT'];
/** Proxies are read in both cases; the guide says so once. */
const LOWER_CASE = /^[a-z_]+$/;

/** What stands between backticks in the first columns of the tables of a guide. */
function firstColumns(path: string): string[] {
  const rows = read(path).match(/^\|[^|]*\|/gm) ?? [];
  return rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''));
}

/** The anchors that GitHub makes of the headings of a guide. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading ?? '');
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('the guides', () => {
  it('name every environment variable that is read, and no other of ours', () => {
    const known = Object.keys(environment.shape).filter((name) => !FOR_TESTS.includes(name) && !LOWER_CASE.test(name));
    const listed = firstColumns('docs/environment.md');
    expect(known.filter((name) => !listed.includes(name))).toEqual([]);
    expect(listed.filter((name) => name.startsWith('ROWMILL_') && !known.includes(name))).toEqual([]);
  });

  it('name every variable of Bedrock processing jobs, and no other', () => {
    const known = Object.keys(bedrockEnvironment.shape);
    const listed = firstColumns('docs/bedrock-processing.md').filter((name) => name.startsWith('BEDROCK_'));
    expect(known.filter((name) => name.startsWith('BEDROCK_') && !listed.includes(name))).toEqual([]);
    expect(listed.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('name every key of an agent', () => {
    const { structured_output: output, limits } = agentDefinition.shape;
    const shapes = [agentDefinition, output.unwrap(), limits.unwrap(), modelDefinition, httpToolDefinition];
    const keys = [...shapes, mcpToolsDefinition].flatMap(({ shape }) => Object.keys(shape));
    const text = read('docs/agents.md');
    const lacking = keys.filter((key) => !new RegExp(`\\x60(?:\\w+\\.)?${key}(?:\\.\\w+)?\\x60`).test(text));
    expect(lacking.filter((key) => key !== SET_BY_THE_REGISTRY)).toEqual([]);
  });

  it('name every metric for Prometheus, and no other', () => {
    const sources = globSync('src/monitoring/prometheus/*.ts', { cwd: ROOT }).map(read).join('');
    const names = (text: string) => new Set(text.match(/rowmill_[a-z_]+/g));
    expect(names(sources).size).toBeGreaterThan(10);
    expect(names(read('docs/monitoring.md'))).toEqual(names(sources));
  });

  it('explain every error code, and no other', () => {
    const [, union = ''] = /export type ErrorCode =([^;]*);/.exec(read('src/base/errors.ts')) ?? [];
    const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code ?? '');
    const listed = firstColumns('docs/errors.md');
    expect(codes.length).toBeGreaterThan(60);
    expect(codes.filter((code) => !listed.includes(code))).toEqual([]);
    expect(listed.filter((name) => !codes.includes(name))).toEqual([]);
  });

  it.each(GUIDES)('%s links to files and headings that exist', (guide) => {
    const broken = [...read(guide).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].flatMap(
      ([link, path, anchor]) => {
        const target = path ? resolve(ROOT, dirname(guide), path) : join(ROOT, guide);
        if (globSync(relative(ROOT, target) || '.', { cwd: ROOT }).length === 0) return [link];
        return anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(anchor) ? [] : [link];
      },
    );
    expect(broken).toEqual([]);
  });
});
