/** The MCP resource of all agents. */
export const AGENTS_RESOURCE = 'rowmill://agents';

/** The MCP resource of a batch's report. */
export function batchResource(batchId: string): string {
  return `rowmill://batches/${batchId}`;
}

/** The MCP resource of a batch's output table as CSV. */
export function resultsResource(batchId: string): string {
  return `${batchResource(batchId)}/results.csv`;
}
