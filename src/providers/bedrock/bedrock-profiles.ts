/** Which part of the world an inference profile serves, by the region that calls it. */
const PARTS: [RegExp, string][] = [
  [/^us-gov-/, 'us-gov'],
  [/^(us|ca|sa|mx)-/, 'us'],
  [/^(eu|il|me|af)-/, 'eu'],
  [/^(ap|cn)-/, 'apac'],
];
/** An id that names a profile already. */
const PROFILED = /^(us|us-gov|eu|apac|jp|au|ca|global)\./;

/** The names under which the models of a process are called; refused names are remembered. */
export interface InferenceProfiles {
  /** The name under which to call a model now. */
  nameOf(model: string): string;
  /** Records that a name was refused (not on demand, or unknown). Returns whether there is another name to try. */
  refused(model: string, name: string): boolean;
}

/**
 * Models that can't be called on demand are called through an inference profile: that of the region's part of the
 * world, then the global one. ARNs and names of profiles are called unchanged.
 * Source: AWS, inference profiles supported by region and model.
 */
export function createInferenceProfiles(region: string): InferenceProfiles {
  const part = PARTS.find(([pattern]) => pattern.test(region))?.[1];
  const tried = new Map<string, number>();
  const namesOf = (model: string): string[] => {
    if (model.startsWith('arn:') || PROFILED.test(model)) return [model];
    return [model, ...(part === undefined ? [] : [`${part}.${model}`]), `global.${model}`];
  };
  return {
    nameOf: (model) => namesOf(model)[tried.get(model) ?? 0] ?? model,
    refused(model, name) {
      const names = namesOf(model);
      const next = names.indexOf(name) + 1;
      if (next === 0 || next >= names.length) return false;
      // Calls in flight when the name was found must not skip the next name.
      tried.set(model, Math.max(tried.get(model) ?? 0, next));
      return true;
    },
  };
}
