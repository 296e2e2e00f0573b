import { join } from 'node:path';
import type { AgentDefinition } from '../agent/definition.ts';
import type { Log } from '../base/log.ts';
import { PACKAGE_ROOT } from '../base/process/package-root.ts';
import { requireSdk } from '../base/process/require-sdk.ts';
import { createGivenRegistry } from '../registry/given-registry.ts';
import { layerRegistries, type Registry } from '../registry/registry.ts';
import { createYamlRegistry } from '../registry/yaml-registry.ts';
import type { Config } from './config.ts';

const SHIPPED_AGENTS = join(PACKAGE_ROOT, 'agents.yaml');

/** The agents of the environment, layered above the shipped ones; `given` replaces all of them. */
export async function openFiledAgents(config: Config, log: Log, given?: readonly AgentDefinition[]): Promise<Registry> {
  if (given !== undefined) return createGivenRegistry(given, 'this command');
  const shipped = createYamlRegistry(SHIPPED_AGENTS, { isProven: true });
  if (config.agents === null) return shipped;
  if (config.agents.kind === 'file') {
    return layerRegistries([createYamlRegistry(config.agents.path), shipped]);
  }
  requireSdk('an agent registry in DynamoDB', ['@aws-sdk/client-dynamodb', '@aws-sdk/util-dynamodb']);
  const { createDynamoRegistry } = await import('../registry/dynamo-registry.ts');
  const { region, dynamoEndpoint: endpoint } = config.aws;
  return layerRegistries([createDynamoRegistry({ table: config.agents.table, region, endpoint, log }), shipped]);
}
