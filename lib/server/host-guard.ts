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
 * @param pageHosts - Names from which a page may come though `Host` is another one, in lower case.
 */
export function isAllowed(
  allowedHosts: ReadonlySet<string>,
  host: string | undefined,
  origin: string | undefined,
  pageHosts: ReadonlySet<string> = new Set(),
): boolean {
  const name = hostName(host);
  if (name === undefined || !allowedHosts.has(name)) return false;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  // A proxy calls the server by its own name for it; the page then comes from the name outside.
  return from.host === host?.toLowerCase() || pageHosts.has(from.hostname);
}
