/**
 * Lets an object of plain fields be written as JSON although some of them are `bigint`: those become
 * decimal text. The method is not enumerable, so it is no field of the object.
 */
export function withJson<T extends object>(value: T): T {
  return Object.defineProperty(value, 'toJSON', {
    value: (): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(value).map(([name, field]: [string, unknown]) => [
          name,
          typeof field === 'bigint' ? String(field) : field,
        ]),
      ),
  });
}
