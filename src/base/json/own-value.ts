/** A value of a record by a name that others chose: `constructor` and the like are no values unless the record has them. */
export function ownValue<Value>(record: { readonly [name: string]: Value }, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
