import * as z from 'zod';
import {
  type HttpToolDefinition,
  httpToolDefinition,
  mcpToolsDefinition,
  type ToolDefinition,
} from '../agent/definition.ts';
import { placeholdersOf } from '../agent/tools/placeholders.ts';
import { nearest } from '../base/nearest.ts';
import { compileExpression, isExpression } from '../expressions/expressions.ts';
import { type Fault, faultFrom, faultsOf, isRecord, objectSchemaFaults } from './agent-faults.ts';

const KINDS = {
  http: z.strictObject({ http: httpToolDefinition }),
  mcp: z.strictObject({ mcp: mcpToolsDefinition }),
  module: z.strictObject({ module: z.string().min(1) }),
};
type Kind = keyof typeof KINDS;

/** Checks the `tools` of a definition, each by the kind that its key names. */
export function parseTools(raw: unknown): { tools: ToolDefinition[]; faults: Fault[] } {
  if (raw === undefined) return { tools: [], faults: [] };
  if (!Array.isArray(raw)) return { tools: [], faults: [{ path: ['tools'], message: 'must be a list' }] };
  const tools: ToolDefinition[] = [];
  const faults: Fault[] = [];
  for (const [index, entry] of raw.entries()) {
    const path = ['tools', index];
    const kind = kindOf(entry);
    if (kind === undefined) {
      faults.push({ path, message: kindFault(entry) });
      continue;
    }
    const parsed = KINDS[kind].safeParse(entry, { reportInput: true });
    if (!parsed.success) {
      faults.push(...faultsOf(parsed.error, KINDS[kind], path));
      continue;
    }
    tools.push(parsed.data);
    if ('http' in parsed.data) faults.push(...httpFaults(parsed.data.http, [...path, 'http']));
  }
  return { tools, faults };
}

function kindOf(entry: unknown): Kind | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  return (Object.keys(KINDS) as Kind[]).find((kind) => kind in entry);
}

function kindFault(entry: unknown): string {
  const kinds = Object.keys(KINDS);
  const keys = typeof entry === 'object' && entry !== null ? Object.keys(entry) : [];
  const near = keys.map((key) => nearest(key, kinds)).find((kind) => kind !== undefined);
  return `must have one of ${kinds.join(', ')}${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

function httpFaults(http: HttpToolDefinition, path: (string | number)[]): Fault[] {
  const faults = objectSchemaFaults(http.input, [...path, 'input']);
  if (!/^(https?:\/\/|\$\{)/i.test(http.url)) {
    faults.push({
      path: [...path, 'url'],
      message: 'must begin with http:// or https://, or with a reference to an environment variable',
    });
  }
  const fields = Object.keys(isRecord(http.input['properties']) ? http.input['properties'] : {});
  for (const key of ['url', 'body'] as const) {
    for (const field of placeholdersOf(http[key])) {
      if (fields.includes(field)) continue;
      const near = nearest(field, fields);
      const hint = near === undefined ? `its fields are ${fields.join(', ') || 'none'}` : `did you mean {${near}}?`;
      faults.push({
        path: [...path, key],
        message: `refers to {${field}}, which is not a field of its input; ${hint}`,
      });
    }
  }
  if (http.result !== undefined) faults.push(...resultFaults(http.result, [...path, 'result']));
  return faults;
}

function resultFaults(result: string, path: (string | number)[]): Fault[] {
  if (!isExpression(result)) return [{ path, message: 'must be an expression between {% and %}' }];
  return faultFrom(path, () => compileExpression(result, 'it'));
}
