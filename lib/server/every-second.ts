/** Makes a value at most once a second, and gives the same one in between. */
export function everySecond<T>(make: () => T): () => T {
  let made: { readonly value: T; readonly atMs: number } | undefined;
  return () => {
    const nowMs = performance.now();
    if (made === undefined || nowMs - made.atMs >= 1_000) made = { value: make(), atMs: nowMs };
    return made.value;
  };
}
