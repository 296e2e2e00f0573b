/** The types of `JSON.isRawJSON` are not in TypeScript's library yet. In V8 since 11.4. */
const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean };

/** JSON text whose keys are in order, so that equal values have equal texts. Exact numbers are written with their digits. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) && !isRawJSON(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
