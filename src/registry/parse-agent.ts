import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { type AgentDefinition, agentDefinition, otherModel, STRUCTURED_OUTPUT_TOOL } from '../agent/definition.ts';
import { isEmbeddingModel, isModelFile, locateModel, parseModelReference, takesFormat } from '../providers/catalog.ts';
import { type Fault, faultsOf, isRecord, objectSchemaFaults } from './agent-faults.ts';
import { embeddingFaults, withoutNeedOfInstructions } from './embedding-faults.ts';
import { mediaFaults, withLocatedMedia } from './media-faults.ts';
import { resolveInstructions, resolvePrompt } from './parse-prompt.ts';
import { resolveTarget } from './parse-target.ts';
import { parseTools } from './parse-tools.ts';

/** A definition, or all of its faults. */
export type ParsedAgent = { definition: AgentDefinition } | { faults: Fault[] };

/** Only the registry sets `base_dir`. Tools are parsed by kind, so that faults refer to the intended kind. */
const outer = agentDefinition.omit({ base_dir: true, tools: true }).extend({ tools: z.unknown().optional() });

/**
 * Checks a definition as people write it and fills its defaults in: shape, JSON Schemas, expressions, placeholders.
 * @param baseDir the folder that its relative paths start from; undefined where there is none
 */
export function parseAgent(raw: unknown, baseDir: string | undefined): ParsedAgent {
  const targeted = resolveTarget(raw, baseDir);
  if ('faults' in targeted) return targeted;
  const instructed = resolveInstructions(targeted.value);
  if ('faults' in instructed) return instructed;
  const named = resolveModel(instructed.value);
  if ('faults' in named) return named;
  const parsed = outer.safeParse(withoutNeedOfInstructions(named.value), { reportInput: true });
  const { tools, faults: toolFaults } = parseTools(isRecord(named.value) ? named.value['tools'] : undefined);
  const faults = parsed.success ? toolFaults : [...faultsOf(parsed.error, outer), ...toolFaults];
  if (!parsed.success) return { faults };
  const { tools: _unparsed, ...rest } = parsed.data;
  const definition: AgentDefinition = { ...rest, tools, ...(baseDir === undefined ? {} : { base_dir: baseDir }) };
  faults.push(...schemaFaults(definition), ...nameFaults(definition), ...pathFaults(definition, baseDir));
  faults.push(...fallbackFaults(definition), ...embeddingFaults(definition), ...mediaFaults(definition, baseDir));
  const prompted = resolvePrompt(definition);
  if ('faults' in prompted) faults.push(...prompted.faults);
  if ('faults' in prompted || faults.length > 0) return { faults };
  const whole = withMode(prompted.definition);
  if (baseDir === undefined) return { definition: whole };
  return { definition: withLocatedMedia(withLocatedModel(whole, baseDir), baseDir) };
}

/** Filled in here and not by the schema: stored definitions without a mode are of versions that had only the tool. */
function withMode(definition: AgentDefinition): AgentDefinition {
  const { structured_output: output, model } = definition;
  if (!output.enabled || output.mode !== undefined || isEmbeddingModel(model)) return definition;
  return { ...definition, structured_output: { ...output, mode: 'auto' } };
}

/** A bare `model: NAME` becomes an object, if the name identifies the provider. */
function resolveModel(raw: unknown): { value: unknown } | { faults: Fault[] } {
  if (!isRecord(raw) || typeof raw['model'] !== 'string') return { value: raw };
  const model = parseModelReference(raw['model']);
  if (model !== undefined) return { value: { ...raw, model } };
  const message = `is "${raw['model']}", which does not identify a provider; write {provider: …, model: ${raw['model']}}`;
  return { faults: [{ path: ['model'], message }] };
}

function schemaFaults(definition: AgentDefinition): Fault[] {
  const { input, structured_output: output } = definition;
  const faults = input === undefined ? [] : objectSchemaFaults(input, ['input']);
  if (output.schema !== undefined) faults.push(...objectSchemaFaults(output.schema, ['structured_output', 'schema']));
  else if (output.enabled) {
    const message = 'is missing; give the JSON Schema of the answer, or set enabled: false';
    faults.push({ path: ['structured_output', 'schema'], message });
  }
  if (output.mode === 'native' && output.schema !== undefined && !takesFormat(definition.model, output.schema)) {
    const { provider, model } = definition.model;
    const message = `is "native", but ${provider} has no structured output of its own for ${model} and this schema; write auto`;
    faults.push({ path: ['structured_output', 'mode'], message });
  }
  return faults;
}

/** A fallback of another provider that could never answer. */
function fallbackFaults(definition: AgentDefinition): Fault[] {
  const { model, structured_output: output } = definition;
  const other = otherModel(model);
  if (other === undefined) return [];
  const path = ['model', 'fallback'];
  if (other.provider === model.provider && other.model === model.model) {
    return [{ path, message: 'is the model itself; name another model, or one of another provider' }];
  }
  if (output.mode !== 'native' || output.schema === undefined || takesFormat(other, output.schema)) return [];
  const message = `can't answer: structured_output.mode is native, and ${other.provider} has no structured output of its own for ${other.model} and this schema; write mode: auto`;
  return [{ path, message }];
}

function nameFaults({ tools }: AgentDefinition): Fault[] {
  const seen = new Set([STRUCTURED_OUTPUT_TOOL]);
  return tools.flatMap((tool, index): Fault[] => {
    if (!('http' in tool)) return [];
    const { name } = tool.http;
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const why =
      name === STRUCTURED_OUTPUT_TOOL ? 'which is the tool for the structured answer' : 'the name of another tool';
    return [{ path: ['tools', index, 'http', 'name'], message: `is "${name}", ${why}; take another name` }];
  });
}

/** A definition without a file has no base folder for relative paths. */
function pathFaults(definition: AgentDefinition, baseDir: string | undefined): Fault[] {
  if (baseDir !== undefined) return [];
  const message = 'is a relative path, but the definition comes from no file; write an absolute one';
  const faults = definition.tools.flatMap((tool, index): Fault[] =>
    'module' in tool && !isAbsolute(tool.module) ? [{ path: ['tools', index, 'module'], message }] : [],
  );
  const { model } = definition;
  if (isModelFile(model) && !isAbsolute(model.model)) faults.push({ path: ['model'], message });
  const other = otherModel(model);
  if (other !== undefined && isModelFile(other) && !isAbsolute(other.model)) {
    faults.push({ path: ['model', 'fallback'], message });
  }
  return faults;
}

function withLocatedModel(definition: AgentDefinition, baseDir: string): AgentDefinition {
  const { model } = definition;
  const { fallback } = model;
  const located = { ...model, model: locateModel(model, baseDir) };
  if (typeof fallback !== 'object') return { ...definition, model: located };
  return { ...definition, model: { ...located, fallback: { ...fallback, model: locateModel(fallback, baseDir) } } };
}
