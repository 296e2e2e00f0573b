import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ModelRequest, ModelResponse, ToolSpec } from '../../protocol/messages.ts';
import { withPrefill } from '../anthropic/prefill.ts';
import type { Provider, RespondOptions } from '../provider.ts';
import { type SentRequest, withAnswerCall } from '../shared/answer-format.ts';
import { withinDeadline } from '../shared/call-deadline.ts';
import type { ProxyVariables } from '../shared/lean-fetch.ts';
import { REFUSED_FORM } from '../shared/refused-form.ts';
import { withoutCredentials } from '../shared/server-name.ts';
import { invalidResponse, type Service } from '../shared/service-faults.ts';
import { isNotOnDemand, toModelError } from './bedrock-errors.ts';
import { takesStrictForms, toSentRequest } from './bedrock-format.ts';
import { BEDROCK, BEDROCK_SERVICE, toConverse, toModelResponse } from './bedrock-messages.ts';
import { createInferenceProfiles } from './bedrock-profiles.ts';
import { collectStream } from './bedrock-stream.ts';
import { statedOutputLimit } from './output-limits.ts';

const SERVICE: Service = {
  name: BEDROCK_SERVICE,
  credentials: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or AWS_BEARER_TOKEN_BEDROCK',
  address: 'the region',
  addCredit: 'Ask for a higher quota in AWS Service Quotas, or wait for the next day, then resume.',
};

/** What {@link createBedrockProvider} takes. */
export interface BedrockOptions {
  region: string;
  /** Default: AWS's own. */
  endpoint?: string | undefined;
  /** The id or ARN of a profile through which the agent's `model` is called. */
  inferenceProfile?: { model: string; profile: string } | undefined;
  /** Default: the SDK's own search. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  proxy?: ProxyVariables | undefined;
  log: Log;
}

/**
 * Bedrock's `Converse` through the official SDK, which is loaded on first use. A model that can't be called on demand
 * is called through an inference profile from then on; the call that was refused is to be repeated.
 */
export function createBedrockProvider(options: BedrockOptions): Provider {
  const { inferenceProfile, log } = options;
  const profiles = createInferenceProfiles(options.region);
  let opening: Promise<Opened> | undefined;
  /** Lists of tools whose strict form, or the native form of whose answer, was refused. */
  const plain = new WeakSet<readonly ToolSpec[]>();
  /** The model of each name that was derived from a model's id. */
  const modelOf = new Map<string, string>();
  /** The most tokens that a model writes, from its refusals. */
  const outputLimits = new Map<string, number>();
  const within = (request: ModelRequest): ModelRequest => {
    const limit = outputLimits.get(request.model) ?? Number.POSITIVE_INFINITY;
    return request.maxTokens > limit ? { ...request, maxTokens: limit } : request;
  };
  const route = (request: ModelRequest): ModelRequest => {
    if (request.model === inferenceProfile?.model || modelOf.has(request.model)) return within(request);
    const name = profiles.nameOf(request.model);
    if (name === request.model) return within(request);
    modelOf.set(name, request.model);
    return within({ ...request, model: name });
  };
  /** The fault unchanged, or a retryable one because the next call is made in another way. */
  const corrected = (fault: AppError, request: ModelRequest, isStrict: boolean): AppError => {
    const model = modelOf.get(request.model) ?? request.model;
    const limit = statedOutputLimit(fault.message);
    const isWrongName = isNotOnDemand(fault) || (fault.code === 'model_unknown' && model !== request.model);
    if (isWrongName && profiles.refused(model, request.model)) {
      log.warn(
        { model, refused: request.model, next: profiles.nameOf(model) },
        'the model is called through an inference profile',
      );
    } else if (isStrict && refusesStrict(fault)) {
      if (!plain.has(request.tools)) log.warn({ model, reason: fault.message }, REFUSED_FORM);
      plain.add(request.tools);
    } else if (limit !== undefined && limit < request.maxTokens) {
      outputLimits.set(request.model, limit);
      log.warn({ model, limit, asked: request.maxTokens }, 'the model writes fewer tokens; max_tokens is lowered');
    } else {
      return fault;
    }
    return new AppError(fault.code, fault.message, { retryable: true, cause: fault });
  };
  return {
    name: BEDROCK,
    server: [
      BEDROCK,
      options.region,
      ...(options.endpoint === undefined ? [] : [withoutCredentials(options.endpoint)]),
    ].join(' '),
    route,
    sendsStrict: ({ model, tools }) => takesStrictForms(model) && !plain.has(tools),
    refusesStrict,
    reads: (given) => {
      const request = route(given);
      const isStrict = takesStrictForms(request.model) && !plain.has(request.tools);
      const converse = toConverse(toSentRequest(request, isStrict), isStrict);
      const { modelId: _model, inferenceConfig: _settings, ...read } = converse;
      return read;
    },
    async respond(given, respondOptions) {
      const request = route(given);
      opening ??= open(options);
      const isStrict = takesStrictForms(request.model) && !plain.has(request.tools);
      const sent = toSentRequest(request, isStrict);
      const profile = request.model === inferenceProfile?.model ? inferenceProfile.profile : undefined;
      const sending = send(await opening, sent, { ...respondOptions, isStrict, profile });
      const response = await sending.catch((thrown: unknown) => {
        throw thrown instanceof AppError ? corrected(thrown, request, isStrict) : thrown;
      });
      return withAnswerCall(response, sent.format?.name);
    },
    close: async () => (await opening)?.close(),
  };
}

/** Whether strict mode or the format refuses the schema, or is not known: sending plain tools fixes that. */
function refusesStrict({ code, message }: Pick<AppError, 'code' | 'message'>): boolean {
  return code === 'model_request_invalid' && /strict|schema|output_?config|structured output/i.test(message);
}

interface Opened {
  sdk: typeof import('@aws-sdk/client-bedrock-runtime');
  client: BedrockRuntimeClient;
  close(): void;
}

async function open({ region, endpoint, credentials, proxy, log }: BedrockOptions): Promise<Opened> {
  const [sdk, { NodeHttpHandler }] = await Promise.all([
    import('@aws-sdk/client-bedrock-runtime'),
    import('@smithy/node-http-handler'),
  ]);
  log.debug({ region, endpoint }, 'bedrock client opened');
  // HTTP/1.1: the SDK's HTTP/2 sends every call over one connection, whose streams AWS limits. Lanes limit sockets.
  const proxyEnv = proxy === undefined ? {} : { proxyEnv: { ...proxy } };
  const agents = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, ...proxyEnv };
  const client = new sdk.BedrockRuntimeClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // The runner owns retries, each with an intent of its own in the journal.
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ httpAgent: new HttpAgent(agents), httpsAgent: new HttpsAgent(agents) }),
  });
  return { sdk, client, close: () => client.destroy() };
}

type SendOptions = RespondOptions & { isStrict: boolean; profile: string | undefined };

async function send(
  { sdk, client }: Opened,
  request: SentRequest,
  { isStrict, profile, ...options }: SendOptions,
): Promise<ModelResponse> {
  const { model } = request;
  const { onText } = options;
  let isStreaming = false;
  return withinDeadline(SERVICE.name, options, {
    send: async ({ signal: abortSignal }) => {
      const converse = toConverse(request, isStrict);
      const input = { ...converse, ...(profile === undefined ? {} : { modelId: profile }) };
      if (onText === undefined) {
        const answer = await client.send(new sdk.ConverseCommand(input), { abortSignal });
        return withPrefill(toModelResponse(answer, { model, requestId: answer.$metadata.requestId }), request);
      }
      const { stream, $metadata } = await client.send(new sdk.ConverseStreamCommand(input), { abortSignal });
      isStreaming = true;
      if (stream === undefined) throw invalidResponse(SERVICE.name, 'it has no stream');
      const whole = await collectStream(stream, onText);
      return withPrefill(toModelResponse(whole, { model, requestId: $metadata.requestId }), request);
    },
    toFault: (thrown) => toModelError(thrown, sdk, { service: SERVICE, model, isStreaming, now: Date.now() }),
  });
}
