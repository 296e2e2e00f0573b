import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { describeProvider } from '../descriptor.ts';

const ARN = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?$/;

/** A state machine that runs an agent. */
const target = z.strictObject({
  type: z.literal('step-functions'),
  state_machine_arn: z
    .string()
    .regex(
      ARN,
      'must be the ARN of a state machine, such as arn:aws:states:eu-west-1:123456789012:stateMachine:my-agent',
    ),
  /** Whether it is an express state machine, whose executions are not kept and can't be found again. */
  express: z.boolean().default(false),
});

const endpoint = z.url({ error: 'must be a URL' }).optional();

/** Agents that AWS Step Functions runs: each row is an execution. */
export const stepFunctions = describeProvider({
  name: 'step-functions',
  target: {
    type: 'step-functions',
    settings: target,
    modelOf: (given) => target.parse(given).state_machine_arn,
  },
  environment: { AWS_ENDPOINT_URL_SFN: endpoint, AWS_ENDPOINT_URL: endpoint },
  prices: { source: 'unknown' },
  sdks: ['@aws-sdk/client-sfn'],
  async open({ target: given }, { environment }) {
    if (given === undefined) {
      const form = 'target: {type: step-functions, state_machine_arn: …}';
      throw new AppError('agents_invalid', `A state machine is written as ${form}.`);
    }
    const { state_machine_arn: stateMachineArn, express } = target.parse(given);
    const { createStepFunctionsProvider } = await import('./step-functions-provider.ts');
    const url = environment.AWS_ENDPOINT_URL_SFN ?? environment.AWS_ENDPOINT_URL;
    return createStepFunctionsProvider({ stateMachineArn, express, endpoint: url });
  },
  openBatch: async () => 'a remote agent has no batch API',
});
