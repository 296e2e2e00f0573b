import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How an execution ends, after how many looks at it. */
export interface ExecutionEnd {
  status: 'SUCCEEDED' | 'FAILED';
  output?: string;
  error?: string;
  cause?: string;
  looks?: number;
}

/** AWS Step Functions' wire format (AWS JSON 1.0), as far as running executions needs it. */
export interface StateMachines {
  url: string;
  /** Operation and body of every request. */
  requests: { operation: string; body: Record<string, unknown> }[];
  /** Input by execution ARN: what was really started. */
  started: Map<string, string>;
  close(): Promise<void>;
}

/** Starts a server whose state machine ends executions by their input; `fault` may refuse a request or drop its answer. */
export async function startStateMachines(
  end: (input: string) => ExecutionEnd,
  fault: (operation: string, number: number) => 'drop' | { status: number; type: string } | undefined = () => undefined,
): Promise<StateMachines> {
  const requests: StateMachines['requests'] = [];
  const started = new Map<string, string>();
  const looks = new Map<string, number>();
  const answerTo = (operation: string, body: Record<string, unknown>): { status?: number; body: object } => {
    if (operation === 'StartExecution' || operation === 'StartSyncExecution') {
      const arn = String(body['stateMachineArn'])
        .replace(':stateMachine:', ':execution:')
        .concat(`:${String(body['name'])}`);
      const before = started.get(arn);
      started.set(arn, String(body['input']));
      if (operation === 'StartSyncExecution') return { body: { executionArn: arn, ...end(String(body['input'])) } };
      // As documented: a repeat with the same input while it runs is the same execution, anything else is refused.
      const isOver = before !== undefined && (looks.get(arn) ?? 0) > (end(before).looks ?? 0);
      if (isOver)
        return { status: 400, body: { __type: 'ExecutionAlreadyExists', message: 'Execution Already Exists' } };
      return { body: { executionArn: arn, startDate: 1 } };
    }
    const arn = String(body['executionArn']);
    const input = started.get(arn);
    if (input === undefined)
      return { status: 400, body: { __type: 'ExecutionDoesNotExist', message: 'no such execution' } };
    const seen = (looks.get(arn) ?? 0) + 1;
    looks.set(arn, seen);
    const ended = end(input);
    return { body: { executionArn: arn, ...(seen > (ended.looks ?? 0) ? ended : { status: 'RUNNING' }) } };
  };
  const server = createServer((incoming, response) => {
    void bodyOf(incoming).then((body) => {
      const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
      requests.push({ operation, body });
      const wrong = fault(operation, requests.length);
      const given =
        wrong === undefined || wrong === 'drop'
          ? answerTo(operation, body)
          : { status: wrong.status, body: { __type: wrong.type, message: 'a fault of the test' } };
      if (wrong === 'drop') response.socket?.resetAndDestroy();
      else
        response
          .writeHead(given.status ?? 200, { 'content-type': 'application/x-amz-json-1.0' })
          .end(JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    started,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
}
