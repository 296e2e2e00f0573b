import type { AgentDefinition } from '../../agent/definition.ts';
import type { Tables } from '../../tables/table.ts';
import type { BatchPlan } from '../contract/report/plan.ts';
import type { OutputMapping } from '../contract/request/mapping.ts';
import { layoutOutput, outputFields } from '../rows/transform-output.ts';

/**
 * Puts the names of what the output adds into a plan: the columns of a table, with those about each row; or the fields of
 * a record's answer, which stand apart from the source and have no column about the row.
 */
export function planNames(
  plan: BatchPlan,
  { agent, output, tables }: { agent: AgentDefinition; output: OutputMapping; tables: Pick<Tables, 'writerKind'> },
): void {
  const { schema } = agent.structured_output;
  if (!writesRecords(plan, tables)) {
    const { headers, warnings } = layoutOutput(plan.columns, schema, output);
    plan.output_columns = headers;
    plan.warnings.push(...warnings);
    return;
  }
  plan.output_columns = [...outputFields(schema, output), ...Object.keys(output.columns ?? {})];
  const extra = [
    ...(output.metadata === undefined ? [] : ['--metadata (output_mapping.metadata)']),
    ...(output.rename === undefined ? [] : ['output_mapping.rename']),
  ];
  if (extra.length === 0) return;
  const message = `${plan.output_uri} gets one document a row, which has no columns: leave out ${extra.join(' and ')}.`;
  plan.problems.push({ code: 'option_not_supported', message });
}

/** A place that can't be written has a problem of its own. */
function writesRecords({ output_uri: uri }: BatchPlan, tables: Pick<Tables, 'writerKind'>): boolean {
  try {
    return uri !== null && tables.writerKind(uri) === 'records';
  } catch {
    return false;
  }
}
