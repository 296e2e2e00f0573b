import type { Json, JsonObject } from '../../protocol/messages.ts';

const VALUE = `(?: '[^']*'| "[^"]*"| (?!or )[\\w.-]*[\\w])?`;
/** `--flag value (name)`, or several flags of one name: `--encoding gbk or --encoding big5 (reading.encoding)`. */
const FLAGS = new RegExp(
  `(--[\\w-]+${VALUE}(?: or --[\\w-]+${VALUE})*) \\(((?:options|reading)\\.\\w+|output_uri)\\)`,
  'g',
);

/**
 * A message of the runner in the words of the tools: where it gives a flag of the command line and the name in brackets,
 * only the name stays. `give --skip-lines 2 (reading.skip_lines)` becomes `give reading.skip_lines 2`.
 */
export function inOptionNames(message: string): string {
  return message.replaceAll(FLAGS, (_, flags: string, name: string) =>
    `${name} ${flags.replaceAll(/--[\w-]+ ?/g, '')}`.trim(),
  );
}

/** An answer of a tool whose problems and warnings are in the words of the tools. The rest, such as cells, stays. */
export function withOptionNames(answer: JsonObject): JsonObject {
  const shown = { ...answer };
  for (const part of ['problems', 'warnings']) {
    const messages = answer[part];
    if (Array.isArray(messages)) shown[part] = messages.map(renamed);
  }
  return shown;
}

function renamed(message: Json): Json {
  if (typeof message === 'string') return inOptionNames(message);
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return message;
  const text = 'message' in message ? message.message : undefined;
  return typeof text === 'string' ? { ...message, message: inOptionNames(text) } : message;
}
