import { agentLabel } from '../../../agent/definition.ts';
import { AppError } from '../../../base/errors.ts';
import type { Caller } from '../../contract/caller.ts';
import type { RenderedRow, RenderRequest } from '../../contract/request/preview.ts';
import type { RunnerDeps } from '../../deps.ts';
import { draftRequest } from '../../forecast/draft-request.ts';
import { countRequest } from '../../forecast/request-tokens.ts';
import { storedInput } from '../../media/media-fields.ts';
import { createMediaOpener } from '../../media/open-media.ts';
import { truncatedFields } from '../../rows/input-messages.ts';
import { compileMapping } from '../../rows/mapping.ts';
import { checkTargetMapping, inputMappingOf, openTarget } from '../agent/target.ts';
import { readRow } from './read-row.ts';

/**
 * What one row of a table sends to the model, made by the row's own run up to its first call. No model is called.
 * @throws AppError when the mapping does not fit, or the row gives no valid input
 */
export async function renderRow(request: RenderRequest, deps: RunnerDeps, caller: Caller): Promise<RenderedRow> {
  const { csv_uri: table, reading, row } = request;
  const { columns, line, key, cells, decimalComma } = await readRow({ table, row, reading }, deps.tables);
  const { agent } = await openTarget(request, { columns, face: caller.face }, deps);
  const mapping = inputMappingOf(request, { schema: agent.input, columns });
  const problems = checkTargetMapping(request.target, mapping, { agent, columns });
  const [first] = problems;
  if (first !== undefined) throw new AppError(first.code, problems.map(({ message }) => message).join('\n'));
  const read = await compileMapping(mapping, agent.input, columns, { decimalComma })(cells);
  const opener = createMediaOpener(agent, { tables: deps.tables, tableUri: deps.tables.absolute(table) });
  const input = storedInput(read, opener.fields);
  const drafted = await draftRequest(deps.draftAgent(agent, null), agent, input);
  if (drafted === undefined) throw new AppError('internal', `A row of ${agentLabel(agent)} makes no request.`);
  const provider = await deps.provider(agent.model.provider, agent.model);
  return {
    row,
    line,
    key,
    agent: agentLabel(agent),
    model: `${agent.model.provider}/${agent.model.model}`,
    input_mapping: mapping,
    input,
    instructions: drafted.system,
    messages: drafted.messages,
    truncated_fields: truncatedFields(agent, input),
    tokens: Math.round(countRequest(drafted, agent.model, provider)),
  };
}
