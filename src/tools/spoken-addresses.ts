import { schemeOf } from '../base/addresses/scheme.ts';
import { AppError } from '../base/errors.ts';
import { failure } from './define-tool.ts';
import type { OrchestratorTool } from './orchestrator-tool.ts';

/**
 * The tools, limited to web addresses that the person wrote. An address from a cell or from the result of a tool could
 * carry data away, or bring orders in.
 * @param said every message that the person has written in the conversation
 */
export function withSpokenAddresses(tools: readonly OrchestratorTool[], said: readonly string[]): OrchestratorTool[] {
  const spoken = new Set(said.flatMap(addressesIn));
  return tools.map((tool) => ({
    ...tool,
    async execute(input, context) {
      for (const uri of urisOf(input)) {
        const scheme = schemeOf(uri);
        if ((scheme !== 'https' && scheme !== 'http') || spoken.has(normal(uri))) continue;
        return failure(
          new AppError(
            'uri_invalid',
            `The address "${uri}" stands in no message of the person, and only such addresses are read. To read the table there, the person must write its address.`,
          ),
        );
      }
      return tool.execute(input, context);
    },
  }));
}

/** The values of all fields of a tool's input that name a place. */
function urisOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' ? (/uri$/i.test(key) ? [inner.trim()] : []) : urisOf(inner),
  );
}

/** The web addresses in a text, without the punctuation of the sentence around them. */
function addressesIn(text: string): string[] {
  const found = text.match(/https?:\/\/[^\s<>"'`]+/gi) ?? [];
  return found.flatMap((address) => [normal(address), normal(address.replace(/[)\]}.,;:!?*_]+$/, ''))]);
}

function normal(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).href : uri;
}
