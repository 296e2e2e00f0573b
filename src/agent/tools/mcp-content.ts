import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client';
import type { JsonObject } from '../../protocol/messages.ts';
import type { ToolResult } from '../../protocol/run.ts';

/** A result of an MCP tool as text for the model; what is not text is described. Structured content is passed on. */
export function toToolResult(result: CallToolResult): ToolResult {
  const structured = result.structuredContent as JsonObject | undefined;
  const text = (result.content ?? []).map(describe).join('\n');
  if (text === '' && holdsRounded(structured)) return { content: ROUNDED, isError: true };
  return {
    content: text === '' && structured !== undefined ? JSON.stringify(structured) : text,
    isError: result.isError === true,
    ...(structured === undefined ? {} : { structured }),
  };
}

const ROUNDED =
  'The answer holds a whole number beyond 2^53, which the MCP client has rounded. It can be used only if the server also gives it as text.';

/** Whether it has a whole number that was perhaps rounded when the MCP client parsed the message. */
function holdsRounded(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsRounded);
}

function describe(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type}: ${block.mimeType}, ${sizeOf(block.data)} bytes; not shown]`;
    case 'resource_link':
      return `[resource: ${block.name} at ${block.uri}${block.mimeType === undefined ? '' : `, ${block.mimeType}`}]`;
    case 'resource': {
      const { resource } = block;
      if ('text' in resource) return `[resource: ${resource.uri}]\n${resource.text}`;
      return `[resource: ${resource.uri}, ${resource.mimeType ?? 'binary'}, ${sizeOf(resource.blob)} bytes; not shown]`;
    }
    default:
      return `[content of a kind that is not known: ${JSON.stringify((block as { type?: unknown }).type)}]`;
  }
}

/** Bytes of base64 text. */
function sizeOf(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}
