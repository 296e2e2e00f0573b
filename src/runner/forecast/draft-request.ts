import type { AgentDefinition } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import type { JsonObject, ModelRequest } from '../../protocol/messages.ts';
import type { OpenedAgent } from '../../protocol/run.ts';
import { markOf, mediaFieldsOf } from '../media/media-fields.ts';
import { inputMessages } from '../rows/input-messages.ts';

/** Ends a run before its first call is sent. */
const DRAFTED = new AppError('aborted', 'The request is counted, not sent.');

/** The first model request of a row with this input, as its run makes it; undefined where it would make none. */
export async function draftRequest(
  agent: OpenedAgent,
  definition: AgentDefinition,
  input: JsonObject,
): Promise<ModelRequest | undefined> {
  let drafted: ModelRequest | undefined;
  await agent.run(inputMessages(definition, withMarks(input, definition)), {
    runId: 'draft',
    callModel: async ({ request }) => {
      drafted = request;
      throw DRAFTED;
    },
    callTool: async () => {
      throw DRAFTED;
    },
    signal: new AbortController().signal,
  });
  return drafted;
}

/** The input as its prompt shows it: each medium by its number. */
function withMarks(input: JsonObject, { input: schema }: AgentDefinition): JsonObject {
  const given = [...mediaFieldsOf(schema)].filter(([field]) => typeof input[field] === 'string');
  return { ...input, ...Object.fromEntries(given.map(([field, kind], index) => [field, markOf({ kind }, index)])) };
}
