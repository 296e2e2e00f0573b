import { type AgentDefinition, answeringModels, otherAgent } from '../../agent/definition.ts';
import { dollars } from '../../base/figures.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Problem } from '../contract/problem.ts';
import type { BatchOptions } from '../contract/request/options.ts';
import type { RunnerDeps } from '../deps.ts';
import { type ForecastRows, forecastRow } from '../forecast/row-forecast.ts';
import { checkMedia } from '../media/check-media.ts';
import { costOfRows, type EstimateBasis } from './money/estimate.ts';

/** The agent as the options let it run: without its fallback model where fallback is off. */
export function agentFor(agent: AgentDefinition, { fallback }: BatchOptions = {}): AgentDefinition {
  if (fallback !== false || agent.model.fallback === undefined) return agent;
  const { fallback: _, ...model } = agent.model;
  return { ...agent, model };
}

/** Why a provider can't be called: settings that it lacks, such as its key. */
export function lackOf(provider: Provider | undefined, { model }: Pick<AgentDefinition, 'model'>): Problem[] {
  const lacking = provider?.lacks?.();
  if (lacking === undefined) return [];
  return [{ code: 'config_invalid', message: `The model ${model.model} can't be called before ${lacking} is set.` }];
}

/**
 * What makes an agent's fallback of another provider unfit: it is found before the batch starts, not in an outage.
 * @throws AppError as {@link RunnerDeps.provider}
 */
export async function checkFallback(agent: AgentDefinition, deps: RunnerDeps): Promise<Problem[]> {
  const other = otherAgent(agent);
  if (other === undefined) return [];
  const provider = await deps.provider(other.model.provider, other.model);
  // A stand-in's script is a file whose existence can be checked.
  if (provider.standIn !== undefined) await provider.checkModel?.(other.model.model);
  const fix = 'Or leave out the fallback: of the agent, or of this batch (fallback: false).';
  return [...lackOf(provider, other), ...checkMedia(other)].map(({ code, message }) => ({
    code,
    message: `model.fallback of the agent: ${message} ${fix}`,
  }));
}

/** What rows are expected to use where the fallback of another provider answers; undefined where there is none. */
export async function forecastFallback(
  agent: AgentDefinition,
  rows: ForecastRows,
  deps: RunnerDeps,
): Promise<EstimateBasis['fallback']> {
  const other = otherAgent(agent);
  if (other === undefined) return undefined;
  // Why it can't be opened is a problem of {@link checkFallback}.
  const provider = await deps.provider(other.model.provider, other.model).catch(() => undefined);
  return { agent: other, forecast: await forecastRow(other, rows, { ...deps, provider }) };
}

/** Names the fallback and its price before it is paid. */
export function fallbackNotice({ agent, fallback, rows }: EstimateBasis, { prices }: RunnerDeps): string[] {
  const [own, other] = answeringModels(agent.model);
  if (own === undefined || other === undefined || fallback === undefined) return [];
  const cost = rows === null ? null : costOfRows(fallback, rows, [prices, prices]);
  const whole = cost === null ? 'at an unknown price' : `for about ${dollars(cost.expected)} if it answers every row`;
  const names = `${own.provider}/${own.model} is not served, ${other.provider}/${other.model} answers instead`;
  return [`If ${names}, ${whole}. The estimate's high end includes it; fallback: false forbids it.`];
}
