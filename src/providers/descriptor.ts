import type * as z from 'zod';
import type { Log } from '../base/log.ts';
import type { MediaFacts, MediaKind } from '../protocol/media.ts';
import type { JsonSchema } from '../protocol/messages.ts';
import type { ProviderPrices } from './prices/model-prices.ts';
import type { ModelSource, Provider } from './provider.ts';
import type { BatchApi } from './provider-jobs/batch-api.ts';
import type { ProxyVariables } from './shared/lean-fetch.ts';

/** Keys of an agent's `model` that only some providers read. */
export const MODEL_KEYS = ['base_url', 'api_key_env', 'region', 'inference_profile'] as const;

export type ModelKey = (typeof MODEL_KEYS)[number];

/** What a descriptor creates clients from. */
export interface ProviderParts<Environment = Readonly<Record<string, unknown>>> {
  /** The variables that the descriptor declares, parsed. */
  environment: Environment;
  /** The value of a variable that an agent names. */
  variable(name: string): string | undefined;
  proxy: ProxyVariables | undefined;
  log: Log;
}

/** How a provider's tokens differ from the runner's own count of a text. */
export interface TokenFacts {
  /** Tokens of its tokenizer for each token that is counted. */
  readonly factor: number;
  /** Tokens of a prompt of its own that it adds to a request with tools. */
  readonly toolPrompt?: number;
}

/** The media of one kind that a provider takes. */
export interface MediaLimit {
  readonly types: readonly string[];
  /** Size of one medium, before it is encoded. */
  readonly maxBytes: number;
  /** Longest side of an image, in pixels. */
  readonly maxEdge?: number;
}

/** The media that a provider's models take. */
export interface MediaSupport {
  readonly kinds: { readonly [kind in MediaKind]?: MediaLimit };
  /** Size of all media of a request together, in characters of base64. */
  readonly totalBase64: number;
  /** The tokens that a medium is charged as, by the provider's published rule; undefined when they can't be known. */
  tokens(medium: MediaFacts, model: string): number | undefined;
}

/**
 * Everything that the program knows about a provider; no code outside its folder names it.
 * Contract: a descriptor is loaded at every start. It imports its clients and their SDKs only when they are opened.
 */
export interface ProviderDescriptor<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** As agents write it. */
  readonly name: string;
  /** Its name in the GenAI conventions of OpenTelemetry, where that is another one. */
  readonly traceName?: string;
  /** Names that mean a model of this provider where an agent writes only `model: NAME`. */
  readonly models?: RegExp;
  /** The model of a question that names none, where its key is set; also for help and error texts. */
  readonly defaultModel?: string;
  /** Models that return a vector for a text. */
  readonly embeddings?: RegExp;
  /** Embedding models whose vectors have one length, so that they take no `dimensions`. */
  readonly fixedDimensions?: RegExp;
  /** The media that its models take; absent: none. */
  readonly media?: MediaSupport;
  /** Whether a model takes an answer's schema as the format of its text: the native form. Absent: none does. */
  takesFormat?(model: string, schema: JsonSchema): boolean;
  /** Set when its models are files that stand in for a model; paths start from the agent's file. Shown to users. */
  readonly standIn?: string;
  /**
   * Set where it stands for agents that run elsewhere, not for models: `type` and further settings of an agent's
   * `target`, and what reports name in place of a model.
   */
  readonly target?: { type: string; settings: z.ZodObject; modelOf(target: object): string };
  /** Keys of `model` that it reads; a required key has an example value. */
  readonly modelKeys?: { readonly [key in ModelKey]?: 'optional' | { example: string } };
  /** Environment variables that it reads, each with how it is checked. */
  readonly environment: Shape;
  /** The variable that holds its key, for help texts. */
  readonly keyVariable?: Extract<keyof Shape, string>;
  readonly prices: ProviderPrices;
  /** Absent: its tokens are as the runner counts them. */
  readonly tokens?: TokenFacts;
  /**
   * Packages that its real-time client imports, and those of its batch API where it needs others. Not those that are
   * bundled (development dependencies, scripts/build.mjs): they can't be missing.
   */
  readonly sdks: readonly string[];
  readonly batchSdks?: readonly string[];
  /** The real-time client. @throws AppError `agents_invalid` when the agent lacks a required key */
  open(model: ModelSource, parts: ProviderParts<z.output<z.ZodObject<Shape>>>): Promise<Provider>;
  /** The batch API that serves a model, or the reason why there is none, as text. */
  openBatch(model: ModelSource, parts: ProviderParts<z.output<z.ZodObject<Shape>>>): Promise<BatchApi | string>;
}

/** A descriptor with the types of its own variables checked. */
export function describeProvider<Shape extends z.ZodRawShape>(
  descriptor: ProviderDescriptor<Shape>,
): ProviderDescriptor {
  return descriptor as unknown as ProviderDescriptor;
}
