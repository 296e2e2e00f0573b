import { AppError } from '../../base/errors.ts';

/** The fault of what only works on the machine of the data directory. */
export function notRemote(what: string): AppError {
  return new AppError(
    'option_not_supported',
    `${what} is not available with --server. Run it on the machine of the server, without --server.`,
  );
}

/** A part of which only some methods are there: every other one throws {@link notRemote}. */
export function partly<Part extends object>(what: string, present: Partial<Part> = {}): Part {
  return new Proxy(present as Part, {
    get(target, name) {
      // A promise looks for "then" in whatever it resolves to.
      if (name in target || name === 'then') return Reflect.get(target, name);
      return () => {
        throw notRemote(what);
      };
    },
  });
}
