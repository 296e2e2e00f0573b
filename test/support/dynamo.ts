import type { createServer, Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, PutItemCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';

/** A real DynamoDB server for tests, in memory. */
export interface TestDynamo {
  endpoint: string;
  client: DynamoDBClient;
  /** Makes a table with a text hash key and, if named, a text range key. */
  createTable(name: string, keys: { hash: string; range?: string }): Promise<void>;
  put(table: string, item: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

/** dynalite has no types. */
type Dynalite = (options: { createTableMs: number }) => ReturnType<typeof createServer>;

/** Starts dynalite on a free port. */
export async function startDynamo(): Promise<TestDynamo> {
  const dynalite = createRequire(import.meta.url)('dynalite') as Dynalite;
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint, region: 'eu-west-2', credentials });
  return {
    endpoint,
    client,
    async createTable(name, { hash, range }) {
      const keys = range === undefined ? [hash] : [hash, range];
      await client.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: keys.map((key, index) => ({ AttributeName: key, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
          AttributeDefinitions: keys.map((key) => ({ AttributeName: key, AttributeType: 'S' })),
        }),
      );
      // A table that is still being made takes no items.
      await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: name });
    },
    async put(table, item) {
      await client.send(new PutItemCommand({ TableName: table, Item: marshall(item) }));
    },
    async close() {
      client.destroy();
      await closeServer(server);
    },
  };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
