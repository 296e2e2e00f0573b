import * as z from 'zod';
import { unparsedSchema } from '../base/schema/schema.ts';
import { descriptorOf, PROVIDERS } from '../providers/catalog.ts';
import { MODEL_KEYS } from '../providers/descriptor.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** `{"type": "object", …}`: a JSON Schema (2020-12) written by a user. Compiled where it is used, so faults are reported at load. */
const jsonSchema = unparsedSchema;

/** A declarative HTTP call. `{field}` in `url` is replaced by the URL-encoded input field; in `body` strings, by its JSON value. */
export const httpToolDefinition = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'a tool name has 1 to 64 letters, digits, _ or -'),
  description: z.string().min(1),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  /** May hold `{field}` placeholders and `${NAME}` environment references. */
  url: z.string().min(1),
  headers: z.record(z.string(), z.string()).default({}),
  /** JSON value or string; `"{field}"` alone keeps the field's type. */
  body: z.unknown().optional(),
  input: jsonSchema,
  /** `{% JSONata %}` over `{status, headers, body, input}`; without it the whole body is the result. */
  result: z.string().optional(),
  timeout_s: z.number().positive().max(600).default(30),
  /** Default: true for GET, false otherwise. */
  idempotent: z.boolean().optional(),
  /** Whether a host with a public name may have a private address, as services inside a company do. Default: false. */
  private_network: z.boolean().optional(),
});

/** Tools of an MCP server: started over stdio (`command`) or reached at `url`. One client for each agent, shared by its rows. */
export const mcpToolsDefinition = z
  .strictObject({
    command: z.string().min(1).optional(),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
    url: z.string().min(1).optional(),
    headers: z.record(z.string(), z.string()).default({}),
    /** Names of the tools to offer. Default: all. */
    tools: z.array(z.string()).optional(),
    timeout_s: z.number().positive().max(600).default(60),
    /** Default: the server's `readOnlyHint` or `idempotentHint`. */
    idempotent: z.boolean().optional(),
  })
  .refine((mcp) => (mcp.command === undefined) !== (mcp.url === undefined), {
    message: 'give either `command` (stdio) or `url` (HTTP), not both',
  });

/** One entry of `tools`: exactly one of the three kinds. A `module` path is relative to the file that names it. */
export const toolDefinition = z.union([
  z.strictObject({ http: httpToolDefinition }),
  z.strictObject({ mcp: mcpToolsDefinition }),
  z.strictObject({ module: z.string().min(1) }),
]);

const placeholder = z.string().regex(/^[^{}\r\n]*[^{}\s][^{}\r\n]*$/, 'a placeholder is a name without braces');

/**
 * The first message of a row's run, instead of its input as JSON. Every `{name}` and `{{name}}` of a declared
 * placeholder is replaced by the input field of that name. People may write `system` here instead of `instructions`.
 */
const promptDefinition = z.strictObject({
  user: z.string().min(1),
  /** Default: the properties of `input` that `user` holds. */
  placeholders: z.array(placeholder).optional(),
});

/** What names a model and its server. */
const servedModel = z.strictObject({
  provider: z.string().min(1),
  model: z.string().min(1),
  /** The server's address, with its `/v1`, for providers whose agents name their own server. */
  base_url: z.url({ error: 'must be a URL such as http://127.0.0.1:11434/v1' }).optional(),
  /** The environment variable that holds the key of that server. */
  api_key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, not a key')
    .optional(),
  /** The region, for providers that have regions. Default: AWS_REGION. */
  region: z.string().min(1).optional(),
  /** The id or ARN of an inference profile that serves the model. */
  inference_profile: z.string().min(1).optional(),
});

/** Reports keys that the model's provider does not read, and keys that it needs. */
function checkModelKeys(model: z.output<typeof servedModel>, context: z.RefinementCtx): void {
  const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  const read = descriptorOf(model.provider)?.modelKeys ?? {};
  for (const key of MODEL_KEYS) {
    const use = read[key];
    if (model[key] !== undefined && use === undefined) {
      const readers = PROVIDERS.flatMap(({ name, modelKeys }) => (modelKeys?.[key] === undefined ? [] : [name]));
      wrong(key, `belongs to provider: ${readers.join(' or ')}, not to ${model.provider}`);
    }
    if (model[key] === undefined && typeof use === 'object') {
      wrong(key, `has to be given for provider: ${model.provider}, such as ${use.example}`);
    }
  }
}

/** Upper limit of output tokens a call. */
const maxTokens = z.int().positive();

/** A model that may belong to another provider. What it leaves out of the settings of calls is as for the first model. */
const otherProvidersModel = servedModel.extend({ max_tokens: maxTokens.optional() }).superRefine(checkModelKeys);

export const modelDefinition = servedModel
  .extend({
    max_tokens: maxTokens.default(4096),
    /** Sampling, sent only to models that accept it: models that reason do not. */
    temperature: z.number().min(0).max(2).optional(),
    top_p: z.number().positive().max(1).optional(),
    /** The length of the vectors of an embedding model. Default: the model's own. */
    dimensions: z.int().positive().max(100_000).optional(),
    /**
     * Used when the model is not served. A name: a model of the same provider, which answers in the same runs. An
     * object: a model of any provider; rows that can't be answered begin a new attempt with it.
     */
    fallback: z.union([z.string().min(1), otherProvidersModel]).optional(),
    /** The remote agent that takes the place of a model; set by the registry, which people's `target` becomes. */
    target: z.record(z.string(), z.union([z.string(), z.boolean(), z.record(z.string(), z.string())])).optional(),
  })
  .superRefine(checkModelKeys);

/** A tag of workers. */
export const fleetTag = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_]{0,29}$/, 'a tag has 1 to 30 lower-case letters, digits or _');

/**
 * An agent of the registry, with defaults filled in. It is plain JSON: a batch stores it completely as its snapshot.
 * `${NAME}` references in `env`, `headers` and `url` are still unresolved in it, so that no secret is stored.
 */
export const agentDefinition = z.strictObject({
  name: z.string().regex(NAME, 'an agent name has 1 to 100 letters, digits, ".", "_" or "-"'),
  version: z.string().regex(NAME).default('v1'),
  description: z.string().default(''),
  model: modelDefinition,
  /** The system prompt. */
  instructions: z.string().min(1),
  prompt: promptDefinition.optional(),
  /** A property with `media: image | pdf | audio | video` holds a medium: a data URI or the place of one. */
  input: jsonSchema.optional(),
  /** Folders below which media fields may name places: paths, `s3://…/` or `https://…/`. Default: the table's folder. */
  media_from: z.array(z.string().min(1)).min(1).max(50).optional(),
  tools: z.array(toolDefinition).default([]),
  structured_output: z
    .strictObject({
      enabled: z.boolean().default(true),
      schema: jsonSchema.optional(),
      /**
       * How the answer is given. `auto` (what the registry writes where people write none): in the provider's own
       * structured form for an agent without tools of its own, else as `tool`. `native`: in that form, with tools too.
       * `tool`: as a call of a tool; so is a definition without a mode, which a batch stored before there were others.
       * `text`: as JSON in text.
       */
      mode: z.enum(['auto', 'native', 'tool', 'text']).optional(),
      /** Whether the instructions of mode text show the schema (the default); false where the agent's own say it. */
      schema_in_prompt: z.boolean().optional(),
      /** Whether the first complete object of an answer in text counts if it fits by itself, whatever follows it. */
      first_object: z.boolean().optional(),
    })
    .default({ enabled: false }),
  limits: z
    .strictObject({
      max_turns: z.int().positive().max(100).default(8),
      /** Deadline of one row, all turns together, in seconds. */
      timeout_s: z.number().positive().max(86_400).default(120),
      /** How many characters of one field a prompt may hold; the rest is cut off, marked and counted. Default 400,000. */
      max_field_characters: z.int().positive().optional(),
      /** Deadline of one model call, in seconds; a call that misses it is sent again. Default: see `callTimeoutMs`. */
      call_timeout_s: z.number().positive().max(3600).optional(),
      /** The agent's own limits on the model's lane, below the provider's. A limit a second holds in every second. */
      requests_per_second: z.number().positive().max(10_000).optional(),
      requests_per_minute: z.int().positive().optional(),
      input_tokens_per_minute: z.int().positive().optional(),
      output_tokens_per_minute: z.int().positive().optional(),
    })
    .default({ max_turns: 8, timeout_s: 120 }),
  /** `fleet`: its rows run on workers, unless a batch asks for another mode. */
  executor: z.literal('fleet').optional(),
  /** What its workers must have, such as `browser`. With mode auto its rows run on workers with these tags, if there are any. */
  requires: z.array(fleetTag).min(1).max(10).optional(),
  /** Folder against which `module` paths and scripted models are resolved; set by the registry, never written by people. */
  base_dir: z.string().optional(),
});

export type HttpToolDefinition = z.infer<typeof httpToolDefinition>;
export type McpToolsDefinition = z.infer<typeof mcpToolsDefinition>;
export type ToolDefinition = z.infer<typeof toolDefinition>;
/** A model with its fallback. */
export type AnsweringModel = Pick<AgentDefinition['model'], 'provider' | 'model'> & {
  fallback?: AgentDefinition['model']['fallback'];
};
/** A model, with its provider. */
export type ModelName = Pick<z.infer<typeof servedModel>, 'provider' | 'model'>;
export type AgentDefinition = z.infer<typeof agentDefinition>;

/** The fallback of a model that is an object, with all settings of its calls; undefined where there is none. */
export function otherModel({ fallback, ...model }: AgentDefinition['model']): AgentDefinition['model'] | undefined {
  if (typeof fallback !== 'object') return undefined;
  const { max_tokens, temperature, top_p } = model;
  return { temperature, top_p, ...fallback, max_tokens: fallback.max_tokens ?? max_tokens };
}

/** The models that may answer, each with its provider. */
export function answeringModels({ provider, model, fallback }: AnsweringModel): ModelName[] {
  const own = { provider, model };
  if (fallback === undefined) return [own];
  return [own, typeof fallback === 'string' ? { provider, model: fallback } : fallback];
}

/** The same agent with such a fallback as its model; undefined without one. */
export function otherAgent<Agent extends Pick<AgentDefinition, 'model'>>(agent: Agent): Agent | undefined {
  const model = otherModel(agent.model);
  return model === undefined ? undefined : { ...agent, model };
}

/** The name of the tool through which a target agent answers. */
export const STRUCTURED_OUTPUT_TOOL = 'return_structured_data';

/**
 * Deadline of one model call, in milliseconds. Default: three quarters of the row's deadline, at most two minutes, so that
 * a call that hangs leaves time for another.
 */
export function callTimeoutMs({ limits }: Pick<AgentDefinition, 'limits'>): number {
  return 1000 * (limits.call_timeout_s ?? Math.min(120, limits.timeout_s * 0.75));
}

/** `name@version`, as people write it and as it is displayed. */
export function agentLabel(definition: { name: string; version: string }): string {
  return `${definition.name}@${definition.version}`;
}
