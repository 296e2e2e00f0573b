import type { AgentDefinition } from './definition.ts';

/** Where a bare `model: NAME` is looked for, by what the name looks like. */
const PROVIDERS: [RegExp, string][] = [
  [/^claude-/, 'anthropic'],
  [/^(gpt-|chatgpt-|o\d|codex-|text-embedding-)/, 'openai'],
  [/^gemini-/, 'gemini'],
  [/\.ya?ml$/, 'scripted'],
];

/**
 * The provider and model that a bare model name means: `claude-haiku-5-5` is Anthropic's, `gpt-5.1` OpenAI's,
 * `gemini-3-flash` Google's, `scripts/demo.yaml` a script.
 * @returns undefined when the name tells no provider; then it has to be written as `{provider, model}`
 */
export function parseModelReference(name: string): Pick<AgentDefinition['model'], 'provider' | 'model'> | undefined {
  const found = PROVIDERS.find(([pattern]) => pattern.test(name));
  return found === undefined ? undefined : { provider: found[1], model: name };
}
