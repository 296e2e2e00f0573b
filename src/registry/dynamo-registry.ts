import type { AttributeValue, DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { type AgentDefinition, agentLabel } from '../agent/definition.ts';
import { AppError } from '../base/errors.ts';
import { exactNumber, parseJson } from '../base/json/exact-number.ts';
import type { Log } from '../base/log.ts';
import { formatPath } from './agent-faults.ts';
import { parseAgent } from './parse-agent.ts';
import { newest, type Registry, sortAgents } from './registry.ts';

/** Where the table is, and the log for items that are no agents. */
export interface DynamoRegistryOptions {
  table: string;
  region?: string | undefined;
  /** Replaces AWS's own endpoint. */
  endpoint?: string | undefined;
  log: Log;
}

/** Attributes that are read; a table may have others. `system_prompt` stands for `instructions`. */
const ATTRIBUTES = ['description', 'model', 'instructions', 'prompt', 'input', 'tools', 'structured_output', 'limits'];

type Item = Record<string, unknown>;

/**
 * Agents of a DynamoDB table with the key `agent_name`, `version`, their attributes as in agents.yaml. A list
 * omits an item that is no agent, with a warning. A lookup by name throws its faults.
 */
export function createDynamoRegistry(options: DynamoRegistryOptions): Registry {
  const { table, log } = options;
  const source = `dynamodb://${table}`;
  let client: Promise<DynamoDBClient> | undefined;
  const connect = () => {
    client ??= openClient(options);
    return client;
  };
  const list = async (): Promise<AgentDefinition[]> => {
    const items = await guarded(source, async () => scan(await connect(), table));
    return sortAgents(
      items.flatMap((item) => {
        const parsed = parseItem(item, source);
        if ('definition' in parsed) return [parsed.definition];
        log.warn({ source, reason: parsed.error.message }, 'item of the registry is not an agent');
        return [];
      }),
    );
  };
  return {
    sources: [source],
    list,
    entries: async () => (await list()).map((definition) => ({ definition, source })),
    async find(name, version) {
      const items = await guarded(source, async () => query(await connect(), { table, name, version }));
      // Order by version first: an older version must not replace a broken newest version.
      const versions = items.map((item) => ({ item, definition: placeholder(item) }));
      const chosen = newest(versions.map(({ definition }) => definition));
      const item = versions.find(({ definition }) => definition === chosen)?.item;
      if (item === undefined) return undefined;
      const parsed = parseItem(item, source);
      if ('error' in parsed) throw parsed.error;
      return parsed.definition;
    },
  };
}

/** What {@link newest} compares. */
function placeholder(item: Item): AgentDefinition {
  return { name: String(item['agent_name']), version: String(item['version']) } as AgentDefinition;
}

function parseItem(item: Item, source: string): { definition: AgentDefinition } | { error: AppError } {
  const raw: Item = { name: item['agent_name'], version: item['version'] };
  for (const key of ATTRIBUTES) if (item[key] !== undefined) raw[key] = fromJson(item[key]);
  if (item['system_prompt'] !== undefined) raw['instructions'] ??= item['system_prompt'];
  const parsed = parseAgent(raw, undefined);
  if ('definition' in parsed) return parsed;
  const faults = parsed.faults.map(({ path, message }) => `${formatPath(path)} ${message}`).join('; ');
  const label = agentLabel(placeholder(item));
  return { error: new AppError('agents_invalid', `The item ${label} of ${source} is not an agent: ${faults}.`) };
}

/** Some tables keep maps and lists as JSON text. */
function fromJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    // Instructions may begin with a bracket and still be text.
    return value;
  }
}

async function openClient({ region, endpoint }: DynamoRegistryOptions): Promise<DynamoDBClient> {
  const sdk = await import('@aws-sdk/client-dynamodb');
  return new sdk.DynamoDBClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

async function scan(client: DynamoDBClient, table: string): Promise<Item[]> {
  const { paginateScan } = await import('@aws-sdk/client-dynamodb');
  return collect(paginateScan({ client }, { TableName: table }));
}

async function query(
  client: DynamoDBClient,
  { table, name, version }: { table: string; name: string; version: string | undefined },
): Promise<Item[]> {
  const { paginateQuery } = await import('@aws-sdk/client-dynamodb');
  const input: QueryCommandInput = {
    TableName: table,
    KeyConditionExpression: `agent_name = :name${version === undefined ? '' : ' AND version = :version'}`,
    ExpressionAttributeValues: {
      ':name': { S: name },
      ...(version === undefined ? {} : { ':version': { S: version } }),
    },
  };
  return collect(paginateQuery({ client }, input));
}

async function collect(
  pages: AsyncIterable<{ Items?: Record<string, AttributeValue>[] | undefined }>,
): Promise<Item[]> {
  const { unmarshall } = await import('@aws-sdk/util-dynamodb');
  const items: Item[] = [];
  for await (const page of pages)
    items.push(...(page.Items ?? []).map((item) => unmarshall(item, { wrapNumbers: exactNumber }) as Item));
  return items;
}

/** The SDK's errors as AppErrors, with the fix. */
async function guarded<T>(source: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('registry_unavailable', `${source}: ${explain(thrown)}`, { cause: thrown });
  }
}

function explain(thrown: unknown): string {
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  switch (name) {
    case 'ResourceNotFoundException':
      return 'there is no such table in this region. Correct ROWMILL_AGENTS or AWS_REGION.';
    case 'CredentialsProviderError':
      return 'there are no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
    case 'AccessDeniedException':
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'ExpiredTokenException':
      return `AWS refused: ${message} The credentials need dynamodb:Scan and dynamodb:Query on the table.`;
    case 'ValidationException':
      return `the table does not have the key agent_name (text), version (text): ${message}`;
    default:
      return `the table can't be read (${name}: ${message || 'no answer'}).`;
  }
}
