import { AppError } from '../../base/errors.ts';

/** The environment as a record; an empty variable counts as missing. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Replaces `${NAME}` by the environment's value. This happens when tools are opened, in `env`, `headers` and `url` only:
 * a stored definition contains no secret.
 * @param place the agent and the place in it, for messages
 * @throws AppError `config_invalid` naming the variable that is not set
 */
export function resolveReferences(text: string, env: Environment, place: string): string {
  return text.replace(REFERENCE, (_match, name: string) => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw new AppError(
      'config_invalid',
      `The environment variable ${name} is not set, but ${place} refers to it. Set it.`,
    );
  });
}

/** The same for every value of a record, such as `headers` or `env`. */
export function resolveRecord(record: Record<string, string>, env: Environment, place: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, resolveReferences(value, env, `${place}.${key}`)]),
  );
}
