import { AppError } from '../../base/errors.ts';
import { type ModelResponse, NO_USAGE, type ToolSpec } from '../../protocol/messages.ts';
import { vectorFieldOf } from '../../protocol/vector-field.ts';

/** A vector that a model has given. */
interface GivenVector {
  model: string;
  vector: number[];
  inputTokens: number;
  requestId: string | undefined;
}

/** A vector as one call of the tool that takes it, as a text model would make it. */
export function toVectorCall(
  { model, vector, inputTokens, requestId }: GivenVector,
  { name, field }: VectorTool,
): ModelResponse {
  return {
    // The agent loop assigns an id to a call without one.
    content: [{ type: 'tool_use', id: '', name, input: { [field]: vector } }],
    stopReason: 'tool_use',
    usage: { ...NO_USAGE, inputTokens },
    model,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** A tool that takes a vector, and the field for it. */
interface VectorTool {
  name: string;
  field: string;
}

/**
 * The first tool whose only input is an array of numbers.
 * @throws AppError `model_request_invalid` when there is none
 */
export function vectorTool(model: string, tools: readonly ToolSpec[]): VectorTool {
  for (const { name, inputSchema } of tools) {
    const field = vectorFieldOf(inputSchema);
    if (field !== undefined) return { name, field };
  }
  const fix = 'Give its schema one property, an array of numbers.';
  throw new AppError('model_request_invalid', `${model} returns a vector, and the agent has no field for it. ${fix}`);
}
