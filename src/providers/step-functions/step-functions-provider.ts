import { setTimeout as sleep } from 'node:timers/promises';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { AppError } from '../../base/errors.ts';
import type { Provider, RespondOptions } from '../provider.ts';
import { withinDeadline } from '../shared/call-deadline.ts';
import { toPayload, toRemoteResponse, unusable } from '../shared/remote-agent.ts';
import { SERVICE, toExecutionFault } from './step-functions-errors.ts';

type Sdk = typeof import('@aws-sdk/client-sfn');

/** What {@link createStepFunctionsProvider} takes. */
export interface StepFunctionsOptions {
  stateMachineArn: string;
  express: boolean;
  endpoint?: string | undefined;
}

/** A started execution, as far as its end is concerned. */
interface Ended {
  status?: string | undefined;
  output?: string | undefined;
  error?: string | undefined;
  cause?: string | undefined;
}

/** Step Functions takes no larger input. */
const MAX_INPUT_BYTES = 262_144;
const FIRST_POLL_MS = 100;
const MAX_POLL_MS = 5_000;

/**
 * Agents that are state machines: a row is one execution, named after the run, so that a repeat finds the execution that
 * was started before. Executions of express state machines can't be found: a repeat starts another.
 */
export function createStepFunctionsProvider(options: StepFunctionsOptions): Provider {
  const { stateMachineArn, express, endpoint } = options;
  const region = stateMachineArn.split(':')[3] ?? '';
  let opening: Promise<{ sdk: Sdk; client: SFNClient }> | undefined;
  const open = async () => {
    const sdk = await import('@aws-sdk/client-sfn');
    // The SDK calls synchronous executions at another host, which an own endpoint does not have.
    const own = endpoint === undefined ? {} : { endpoint, disableHostPrefix: true };
    return { sdk, client: new sdk.SFNClient({ region, maxAttempts: 1, ...own }) };
  };
  return {
    name: 'step-functions',
    async respond(request, sending) {
      const input = toPayload(request);
      if (Buffer.byteLength(input) > MAX_INPUT_BYTES) {
        const text = `The row's input is larger than 256 KB, which is the most that ${SERVICE.name} takes.`;
        throw new AppError('model_request_invalid', text);
      }
      opening ??= open();
      const { sdk, client } = await opening;
      const ended = await withinDeadline(SERVICE.name, sending, {
        send: ({ signal }) => {
          if (sending.mayStillSend?.() === false) throw new AppError('aborted', 'The execution was not started.');
          const started = { stateMachineArn, input, name: nameOf(sending) };
          return express
            ? client.send(new sdk.StartSyncExecutionCommand(started), { abortSignal: signal })
            : runExecution(started, { sdk, client, signal });
        },
        toFault: (thrown) => toExecutionFault(thrown, stateMachineArn),
      });
      return toRemoteResponse(SERVICE.name, request.model, outputOf(ended));
    },
    async close() {
      (await opening)?.client.destroy();
    },
  };
}

/** Starts an execution, or finds the one of this name, and waits for its end. */
async function runExecution(
  started: { stateMachineArn: string; input: string; name: string },
  { sdk, client, signal }: { sdk: Sdk; client: SFNClient; signal: AbortSignal },
): Promise<Ended> {
  const abort = { abortSignal: signal };
  const { executionArn } = await client.send(new sdk.StartExecutionCommand(started), abort).catch((thrown: unknown) => {
    if (thrown instanceof sdk.ExecutionAlreadyExists) return { executionArn: executionArnOf(started) };
    throw thrown;
  });
  for (let delayMs = FIRST_POLL_MS; ; delayMs = Math.min(MAX_POLL_MS, delayMs * 1.5)) {
    const execution = await client.send(new sdk.DescribeExecutionCommand({ executionArn }), abort);
    if (execution.status !== 'RUNNING') return execution;
    await sleep(delayMs, undefined, { signal });
  }
}

/** An execution's ARN has no part for a version or an alias of the state machine. */
function executionArnOf({ stateMachineArn, name }: { stateMachineArn: string; name: string }): string {
  const [arn, aws, states, region, account, , machine] = stateMachineArn.split(':');
  return [arn, aws, states, region, account, 'execution', machine, name].join(':');
}

/** Letters, digits, - and _, at most 80. */
function nameOf({ idempotencyKey = crypto.randomUUID() }: Pick<RespondOptions, 'idempotencyKey'>): string {
  return idempotencyKey.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(-80);
}

/** @throws AppError `model_response_invalid` for an execution without an output */
function outputOf({ status, output, error, cause }: Ended): string {
  if (status === 'SUCCEEDED' && output !== undefined) return output;
  const said = [error, cause].filter((part) => part !== undefined && part !== '').join(': ');
  throw unusable(
    SERVICE.name,
    `the execution has ended as ${status ?? 'unknown'}${said === '' ? '' : ` (${said.slice(0, 500)})`}`,
  );
}
