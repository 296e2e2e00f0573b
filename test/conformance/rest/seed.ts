/** Ids of what a server has, by the path parameters that take them. */
export interface Seeds {
  /** By operation: its path parameters. */
  parameters: (path: string) => Record<string, string> | undefined;
  /** A table that can be read. */
  table: string;
  /** An agent that runs over it. */
  agent: string;
}

type Send = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

/**
 * Fills a server with one of each resource, so that requests with their ids reach more than "not found".
 * @throws Error when a request is refused
 */
export async function seed(url: string, key: string): Promise<Seeds> {
  const send: Send = async (method, path, body) => {
    const isText = typeof body === 'string';
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': isText ? 'application/octet-stream' : 'application/json',
      },
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : { text };
  };
  const rows = Array.from({ length: 30 }, (_, row) => `${row},text ${row}`).join('\n');
  const { uri: table } = await send('POST', '/v1/uploads?name=table.csv', `id,text\n${rows}\n`);
  const agent = 'seeded';
  const fields = [{ name: 'topic', type: 'string' }];
  const model = 'anthropic/claude-haiku-5-5';
  await send('POST', '/v1/agents', { name: agent, prompt: 'What is this about? {text}', fields, model });
  const target = { type: 'agent', name: agent };
  const options = { max_cost_usd: 1 };
  const { batch_id: batch } = await send('POST', '/v1/batches', { csv_uri: table, target, options, output_uri: '-' });
  const { batch_id: collecting } = await send('POST', '/v1/batches', { columns: ['text'], target });
  const { job_id: job } = await send('POST', '/v1/jobs', { agent, input: { text: 'waiting' }, max_cost_usd: 1 });
  const { draft_id: draft } = await send('POST', '/v1/drafts', { name: 'seeded', request: { csv_uri: table } });
  await send('POST', '/v1/keys', { name: 'seeded', scope: 'read' });
  await send('POST', '/v1/schedules', {
    ...{ name: 'seeded', cron: '0 3 * * *', max_cost_usd: 1 },
    action: { type: 'process_queues', agent },
  });
  const { text } = await send('POST', '/v1/chat', { message: 'hello' });
  const conversation = /conv_\w+/.exec(String(text))?.[0] ?? '';
  // Its stream ends with the batch.
  await send('GET', `/v1/batches/${batch}/events`);
  const { items: alerts = [] } = await send('GET', '/v1/alerts');
  const [alert] = alerts as { id?: string; alert_id?: string }[];

  const known: [RegExp, Record<string, unknown>][] = [
    [/^\/v1\/batches\/\{id\}\/(rows|run)$/, { id: collecting }],
    [/^\/v1\/batches\/\{id\}/, { id: batch, row: 3 }],
    [/^\/v1\/agents\/\{agent\}/, { agent }],
    [/^\/v1\/jobs\/\{/, { job }],
    [/^\/v1\/queues\/\{/, { agent }],
    [/^\/v1\/uploads\/\{/, { id: String(table).replace('upload://', '') }],
    [/^\/v1\/drafts\/\{/, { id: draft }],
    [/^\/v1\/schedules\/\{/, { name: 'seeded' }],
    [/^\/v1\/conversations\/\{/, { id: conversation }],
    [/^\/v1\/alerts\/\{/, { id: alert?.id ?? alert?.alert_id }],
  ];
  return {
    table: String(table),
    agent,
    parameters(path) {
      const found = known.find(([pattern]) => pattern.test(path))?.[1];
      if (found === undefined) return undefined;
      const names = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
      const given = names.flatMap((name) => (found[name] === undefined ? [] : [[name, String(found[name])]]));
      return Object.fromEntries(given);
    },
  };
}
