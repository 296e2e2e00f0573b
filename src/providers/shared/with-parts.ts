/**
 * Replaces parts of a response, such as `json`. Defined and not assigned: a server in the same process may have put
 * another Response into the globals, whose parts can't be assigned (`@hono/node-server` does).
 */
export function withParts(response: Response, parts: { json?: () => Promise<unknown>; body?: unknown }): Response {
  for (const [name, value] of Object.entries(parts)) {
    Object.defineProperty(response, name, { value, configurable: true, enumerable: true, writable: true });
  }
  return response;
}
