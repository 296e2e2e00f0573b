/**
 * A value that is made when it is first asked for. With `require` it defers a package that is loaded synchronously, so
 * that a start which does not need the package does not wait for it.
 */
export function onFirstUse<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
