import type { JsonSchema } from '../src/protocol/messages.ts';

/** One call: the prompt of an agent, the data of a row, the schema of the answer. */
export interface HandCall {
  model: string;
  system: string;
  data: string;
  schema: JsonSchema;
  maxTokens: number;
}

type Send = (url: string, call: HandCall) => Promise<unknown>;

/** The same call with each official SDK, in the shortest form in which it asks for the structured answer. */
export const byHand: Record<string, Send> = {
  async anthropic(url, { model, system, data, schema, maxTokens }) {
    const { Anthropic } = await import('@anthropic-ai/sdk');
    const client = new Anthropic({ apiKey: 'bench', baseURL: url, maxRetries: 0 });
    return client.messages.create({
      model,
      max_tokens: maxTokens,
      system,
      messages: [{ role: 'user', content: data }],
      output_config: { format: { type: 'json_schema', schema } },
    });
  },
  async openai(url, { model, system, data, schema, maxTokens }) {
    const { OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'bench', baseURL: `${url}/v1`, maxRetries: 0 });
    return client.responses.create({
      model,
      max_output_tokens: maxTokens,
      instructions: system,
      input: data,
      text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } },
    });
  },
  async 'openai-compatible'(url, { model, system, data, schema, maxTokens }) {
    const { OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'bench', baseURL: `${url}/v1`, maxRetries: 0 });
    return client.chat.completions.create({
      model,
      max_tokens: maxTokens,
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: data },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    });
  },
  async gemini(url, { model, system, data, schema, maxTokens }) {
    const { GoogleGenAI } = await import('@google/genai');
    const client = new GoogleGenAI({ apiKey: 'bench', vertexai: false, httpOptions: { baseUrl: url } });
    return client.models.generateContent({
      model,
      contents: data,
      config: {
        systemInstruction: system,
        maxOutputTokens: maxTokens,
        responseMimeType: 'application/json',
        responseJsonSchema: schema,
      },
    });
  },
  async bedrock(url, { model, system, data, schema, maxTokens }) {
    const { BedrockRuntimeClient, ConverseCommand } = await import('@aws-sdk/client-bedrock-runtime');
    const { NodeHttpHandler } = await import('@smithy/node-http-handler');
    const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
    const requestHandler = new NodeHttpHandler();
    const client = new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint: url,
      credentials,
      requestHandler,
      maxAttempts: 1,
    });
    const jsonSchema = { schema: JSON.stringify(schema) };
    const command = new ConverseCommand({
      modelId: model,
      system: [{ text: system }],
      messages: [{ role: 'user', content: [{ text: data }] }],
      inferenceConfig: { maxTokens },
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } },
    });
    return client.send(command).finally(() => client.destroy());
  },
};
