/**
 * The name in a `Host` header without its port, in lower case; `undefined` when it is none.
 * An IPv6 address keeps its brackets.
 */
export function hostName(header: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return match?.[1]?.toLowerCase();
}

/**
 * True when a request may be answered. A page of another site that had its name resolve to this
 * machine (DNS rebinding) comes with that site's name in `Host`; one that opens a WebSocket across
 * sites comes with its own name in `Origin`.
 *
 * @param origin - `Origin` header; `undefined` (no browser) is allowed.
 */
export function isAllowed(
  allowedHosts: ReadonlySet<string>,
  host: string | undefined,
  origin: string | undefined,
): boolean {
  const name = hostName(host);
  if (name === undefined || !allowedHosts.has(name)) return false;
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === host?.toLowerCase();
  } catch {
    return false;
  }
}
