import { AppError } from '../errors.ts';

/** The providers that exist. */
export const PROVIDER_NAMES = ['anthropic', 'scripted'] as const;

/**
 * The provider of a model that is written as a bare name: `claude-…` is Anthropic's, a `.yaml` file is a script.
 * @throws AppError `model_unknown`, which says how to write it
 */
export function parseModelReference(text: string): { provider: string; model: string } {
  const model = text.trim();
  if (/^claude-[a-z0-9]/i.test(model)) return { provider: 'anthropic', model };
  if (/\.ya?ml$/i.test(model)) return { provider: 'scripted', model };
  throw new AppError(
    'model_unknown',
    `It is not known whose model "${text}" is. Write a name that begins with "claude-", the path of a .yaml script, ` +
      `or {provider: ${PROVIDER_NAMES.join(' | ')}, model: …}.`,
  );
}
