import type { ReadResourceResult } from '@modelcontextprotocol/server';
import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import { agentLabel } from '../agent/definition.ts';
import { toAppError } from '../base/errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { BatchReport } from '../runner/contract/report/report.ts';
import type { Runner } from '../runner/runner.ts';
import { AGENTS_RESOURCE, batchResource, resultsResource } from '../tools/show/resource-uris.ts';

/** How many of the newest batches are listed. */
const LISTED = 20;

/** The longest CSV that a resource holds, in UTF-16 units; Claude Desktop refuses results above 1 MB. */
const LONGEST_CSV = 1_000_000;

export interface ResourceParts {
  runner: Runner;
  registry: Registry;
}

/** Offers the agents, the newest batches and their output tables as resources. */
export function registerResources(server: McpServer, parts: ResourceParts): void {
  registerAgents(server, parts);
  registerBatches(server, parts.runner);
  registerResults(server, parts.runner);
}

function registerAgents(server: McpServer, { runner, registry }: ResourceParts): void {
  server.registerResource(
    'agents',
    AGENTS_RESOURCE,
    {
      title: 'Agents',
      description: 'Every agent of the registry, with its model and the schemas of its input and output.',
      mimeType: 'application/json',
    },
    async (uri) => {
      const agents = await registry.list();
      return jsonContents(uri.href, { agents: agents.map((agent) => describeAgent(agent, runner)) });
    },
  );
}

function registerBatches(server: McpServer, runner: Runner): void {
  const template = new ResourceTemplate(batchResource('{id}'), {
    list: async () => ({ resources: (await runner.list({ limit: LISTED })).map(listBatch) }),
    complete: { id: (typed) => completeId(typed, runner) },
  });
  server.registerResource(
    'batch',
    template,
    {
      title: 'Batch',
      description: 'The report of a batch: status, counts, tokens, cost, failures, output.',
      mimeType: 'application/json',
    },
    async (uri, { id }) => jsonContents(uri.href, await found(uri.href, runner.report(String(id)))),
  );
}

function registerResults(server: McpServer, runner: Runner): void {
  const listEnded = async () => {
    const reports = await runner.list({ limit: LISTED });
    return { resources: reports.filter((report) => report.ended_at !== null).map(listResults) };
  };
  server.registerResource(
    'batch-results',
    new ResourceTemplate(resultsResource('{id}'), {
      list: listEnded,
      complete: { id: (typed) => completeId(typed, runner) },
    }),
    {
      title: 'Output table',
      description: 'The current output table of a batch as CSV; up to 1 MB.',
      mimeType: 'text/csv',
    },
    async (uri, { id }) => {
      const report = await found(uri.href, runner.report(String(id)));
      const text = await readCsv(runner.csv(report.batch_id), report);
      return { contents: [{ uri: uri.href, mimeType: 'text/csv', text }] };
    },
  );
}

async function completeId(typed: string, runner: Runner): Promise<string[]> {
  const ids = (await runner.list({ limit: LISTED })).map((report) => report.batch_id);
  return ids.filter((id) => id.startsWith(typed));
}

type Agent = Awaited<ReturnType<Registry['list']>>[number];

/** Instructions and tools stay out: they may be long, and may name internal services. */
function describeAgent(agent: Agent, runner: Runner) {
  const schemas = runner.schemasOf(agent);
  return {
    name: agent.name,
    version: agent.version,
    label: agentLabel(agent),
    description: agent.description,
    model: `${agent.model.provider}/${agent.model.model}`,
    structured_output: agent.structured_output.enabled,
    input_schema: schemas.input,
    output_schema: schemas.output,
  };
}

function listBatch(report: BatchReport) {
  return {
    uri: batchResource(report.batch_id),
    name: report.batch_id,
    title: `${report.agent}: ${report.status}`,
    description: `${report.counts.succeeded} of ${report.counts.total ?? 'an unknown number of'} rows succeeded, ${report.counts.failed} failed.`,
    mimeType: 'application/json',
  };
}

function listResults(report: BatchReport) {
  return {
    uri: resultsResource(report.batch_id),
    name: `${report.batch_id}/results.csv`,
    title: `Output table of ${report.batch_id}`,
    mimeType: 'text/csv',
  };
}

function jsonContents(uri: string, value: unknown): ReadResourceResult {
  return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(value, null, 2) }] };
}

/** The report, or the protocol's own error for a resource that does not exist. */
async function found(uri: string, report: Promise<BatchReport>): Promise<BatchReport> {
  try {
    return await report;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'batch_not_found') throw new ResourceNotFoundError(uri, error.message);
    throw new ProtocolError(ProtocolErrorCode.InternalError, `${error.code}: ${error.message}`);
  }
}

/** The whole table, or an error: a part of the table could be mistaken for the whole. */
async function readCsv(chunks: AsyncIterable<string>, report: BatchReport): Promise<string> {
  let text = '';
  for await (const chunk of chunks) {
    text += chunk;
    if (text.length > LONGEST_CSV) {
      const file = report.output_uri === null ? '' : `read it at ${report.output_uri}, or `;
      throw new ProtocolError(
        ProtocolErrorCode.InternalError,
        `The table of ${report.batch_id} is longer than the 1 MB that a resource may hold; ${file}read it in pages with get_batch_results.`,
      );
    }
  }
  return text;
}
