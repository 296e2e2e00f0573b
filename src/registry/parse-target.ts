import { nearest } from '../base/nearest.ts';
import { PROVIDERS } from '../providers/catalog.ts';
import { type Fault, faultsOf, isRecord } from './agent-faults.ts';

/** What a remote agent has itself: its definition here must not have it too. */
const OF_THE_TARGET = ['model', 'instructions', 'prompt', 'tools'] as const;

/**
 * `target: {type: …}` names an agent that runs elsewhere. It takes the place of the model: a row is one call of it.
 * @param baseDir undefined for a definition that comes from no file, which may have no target
 */
export function resolveTarget(raw: unknown, baseDir: string | undefined): { value: unknown } | { faults: Fault[] } {
  if (!isRecord(raw)) return { value: raw };
  if (raw['target'] === undefined) return namesTarget(raw) ?? { value: raw };
  const { target, ...rest } = raw;
  if (baseDir === undefined) {
    return {
      faults: [{ path: ['target'], message: 'is only for agents of agents.yaml: it decides where rows are sent' }],
    };
  }
  const kinds = PROVIDERS.flatMap(({ name, target: kind }) => (kind === undefined ? [] : [{ name, ...kind }]));
  const type = isRecord(target) ? target['type'] : undefined;
  const kind = kinds.find((one) => one.type === type);
  if (kind === undefined) {
    const types = kinds.map((one) => one.type);
    const near = typeof type === 'string' ? nearest(type, types) : undefined;
    const hint = near === undefined ? `must be one of ${types.join(', ')}` : `did you mean "${near}"?`;
    const message =
      type === undefined ? `is missing: it ${hint}` : `is ${JSON.stringify(type)}, which is no kind of target; ${hint}`;
    return { faults: [{ path: ['target', 'type'], message }] };
  }
  const parsed = kind.settings.safeParse(target, { reportInput: true });
  const faults = [...(parsed.success ? [] : faultsOf(parsed.error, kind.settings, ['target'])), ...ownFaults(rest)];
  if (!parsed.success || faults.length > 0) return { faults };
  const model = { provider: kind.name, model: kind.modelOf(parsed.data), target: parsed.data };
  const limits = { ...(isRecord(rest['limits']) ? rest['limits'] : {}), max_turns: 1 };
  return { value: { ...rest, model, limits, instructions: 'Answered by its target.' } };
}

function ownFaults(rest: Record<string, unknown>): Fault[] {
  const faults: Fault[] = OF_THE_TARGET.filter((key) => rest[key] !== undefined).map((key) => ({
    path: [key],
    message: 'has to be left out: the target has its own',
  }));
  const { limits, structured_output: output } = rest;
  if (isRecord(limits) && limits['max_turns'] !== undefined) {
    faults.push({ path: ['limits', 'max_turns'], message: 'has to be left out: a target answers a row in one call' });
  }
  if (isRecord(output) && output['mode'] !== undefined) {
    faults.push({
      path: ['structured_output', 'mode'],
      message: 'has to be left out: a target answers in its own form',
    });
  }
  return faults;
}

/** A target that is written as a model. */
function namesTarget({ model }: Record<string, unknown>): { faults: Fault[] } | undefined {
  if (!isRecord(model)) return undefined;
  const { fallback } = model;
  const isTarget = (provider: unknown) => PROVIDERS.some((one) => one.target !== undefined && one.name === provider);
  const message = 'is no model: write target: {type: …} beside the name of the agent';
  if (model['target'] !== undefined) return { faults: [{ path: ['model', 'target'], message }] };
  if (isTarget(model['provider'])) return { faults: [{ path: ['model', 'provider'], message }] };
  if (!isRecord(fallback) || !isTarget(fallback['provider'])) return undefined;
  return { faults: [{ path: ['model', 'fallback'], message: 'can not be a target; name a model' }] };
}
