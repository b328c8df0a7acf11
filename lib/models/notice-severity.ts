/** How much a notice of a connector matters. */
export const NoticeSeverity = {
  /** For information: nothing has to be done. */
  Info: 'info',
  /** Something is not as it should be, and is being dealt with. */
  Warning: 'warning',
  /** Something does not work and will not by itself; it is reported as an error too. */
  Error: 'error',
} as const;
export type NoticeSeverity = (typeof NoticeSeverity)[keyof typeof NoticeSeverity];

const BY_CODE: readonly NoticeSeverity[] = ['info', 'warning', 'error'];

/** Severity of the `status` of a `Notice` record; `warning` for numbers it does not know. */
export function noticeSeverityFromCode(code: number): NoticeSeverity {
  return BY_CODE[code] ?? 'warning';
}
