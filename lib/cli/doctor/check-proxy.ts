import { proxyOf, proxyText, proxyWarnings } from '../../connector/proxy-env.js';
import type { DoctorContext } from './doctor-context.js';
import { ok, warn, type Finding } from './finding.js';

/** The proxy on the way to venues, where one is named. */
export function checkProxy({ env }: DoctorContext): Finding[] {
  const proxy = proxyOf(env);
  const used =
    proxy === undefined
      ? []
      : [ok('proxy', `sockets and calls to venues go through ${proxyText(proxy)}`)];
  return [
    ...used,
    ...proxyWarnings(env).map((text) =>
      warn('proxy', text, 'Name an HTTP proxy (http://host:port), or unset the variable.'),
    ),
  ];
}
