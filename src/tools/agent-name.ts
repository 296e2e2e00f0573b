/** Parses `name` or `name@version`. A version that is given separately takes precedence. */
export function parseAgentName(written: string, version?: string): { name: string; version: string | undefined } {
  const at = written.lastIndexOf('@');
  if (at <= 0) return { name: written, version };
  return { name: written.slice(0, at), version: version ?? written.slice(at + 1) };
}
