import type { JsonSchema, ModelRequest } from '../../protocol/messages.ts';
import { toFormatSchema } from '../anthropic/anthropic-tools.ts';
import { inSentForm, type SentRequest } from '../shared/answer-format.ts';

/** Models that accept strict tools. */
const STRICT = /anthropic\.claude-[a-z]+-(4-[5-9]|[5-9])/;
/** Other models that accept a format of their text. Source: Bedrock's user guide, structured outputs, supported models. */
const FORMATTED =
  /(^|\.)(qwen\.qwen3|openai\.gpt-oss|moonshot(ai)?\.kimi|minimax\.|google\.gemma-3|nvidia\.nemotron|deepseek\.v3|mistral\.(ministral|magistral|mistral-large-3))/;

/** The request as it is sent. @param isStrict false where the strict or native form was refused */
export function toSentRequest(request: ModelRequest, isStrict: boolean): SentRequest {
  return inSentForm(request, ({ inputSchema }) => isStrict && takesFormat(request.model, inputSchema));
}

/** Whether a model takes an answer's schema as the format of its text. */
export function takesFormat(model: string, schema: JsonSchema): boolean {
  return (STRICT.test(model) || FORMATTED.test(model)) && toFormatSchema(schema) !== undefined;
}

/** Whether a model accepts strict tools. */
export function takesStrictTools(model: string): boolean {
  return STRICT.test(model);
}

/** Whether a model accepts strict tools or a format of its text. */
export function takesStrictForms(model: string): boolean {
  return STRICT.test(model) || FORMATTED.test(model);
}
