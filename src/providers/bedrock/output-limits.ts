/**
 * The most tokens that older models on Bedrock write in one answer; newer ones write at least 32,768.
 * Source: AWS, model parameters of Anthropic Claude and Amazon Nova.
 */
const LIMITS: [RegExp, number][] = [
  [/anthropic\.claude-(v2|instant)/, 4096],
  [/anthropic\.claude-3-(haiku|sonnet|opus)/, 4096],
  [/anthropic\.claude-3-5-/, 8192],
  [/anthropic\.claude-opus-4-(1-)?\d{8}/, 32_000],
  [/amazon\.nova-(micro|lite|pro)-v1/, 10_000],
];
/** How Bedrock refuses a request for more tokens than a model writes. */
const REFUSAL = /maximum tokens you requested exceeds the model limit of (\d+)/i;

/** The most tokens that a model is known to write in one answer. @param model its id, or that of an inference profile */
export function outputLimitOf(model: string): number | undefined {
  return LIMITS.find(([pattern]) => pattern.test(model))?.[1];
}

/** The limit that a refusal names, if it is about the requested number of tokens. */
export function statedOutputLimit(said: string): number | undefined {
  const stated = REFUSAL.exec(said)?.[1];
  return stated === undefined ? undefined : Number(stated);
}
