import { isIP } from 'node:net';

/** An HTTP proxy and where its name comes from. */
export interface EnvProxy {
  /** The variable as it is written. */
  readonly variable: string;
  readonly host: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`, where the variable has a login. Never to be shown. */
  readonly authorization: string | undefined;
}

const ENCRYPTED = ['HTTPS_PROXY', 'ALL_PROXY'] as const;
const PLAIN = ['ALL_PROXY'] as const;

/** The proxy as it may be shown: without its login. */
export function proxyText({ host, port, variable }: EnvProxy): string {
  return `http://${host}:${String(port)} (${variable})`;
}

/**
 * The proxy on the way to an address, by the rules of the connector: `HTTPS_PROXY` for encrypted addresses,
 * `ALL_PROXY` for all, both also in small letters; `NO_PROXY` and addresses of this machine need none.
 *
 * @returns `undefined`: the way is direct.
 */
export function proxyFor(url: string, env: NodeJS.ProcessEnv): EnvProxy | undefined {
  const { protocol, hostname, port } = new URL(url);
  const isEncrypted = protocol === 'https:' || protocol === 'wss:';
  const host = bare(hostname);
  const number = port === '' ? (isEncrypted ? 443 : 80) : Number(port);
  if (isThisMachine(host) || isDirect(host, number, env)) return undefined;
  const found = first(isEncrypted ? ENCRYPTED : PLAIN, env);
  return typeof found === 'object' ? found : undefined;
}

/** What to say of proxies that are named and cannot be used; empty when all is well. */
export function proxyWarnings(env: NodeJS.ProcessEnv): string[] {
  const found = [first(ENCRYPTED, env), first(PLAIN, env)];
  return [...new Set(found.filter((one) => typeof one === 'string'))];
}

/** The proxy for encrypted connections. */
export function proxyOf(env: NodeJS.ProcessEnv): EnvProxy | undefined {
  const found = first(ENCRYPTED, env);
  return typeof found === 'object' ? found : undefined;
}

function first(names: readonly string[], env: NodeJS.ProcessEnv): EnvProxy | string | undefined {
  for (const name of names.flatMap((each) => [each, each.toLowerCase()])) {
    const text = env[name]?.trim() ?? '';
    if (text === '') continue;
    const read = readProxy(name, text);
    return typeof read === 'object'
      ? read
      : `the proxy of ${name} is not used, connections are direct: ${read}`;
  }
  return undefined;
}

/** The proxy, or what is wrong; the text is not repeated, for it may hold a password. */
function readProxy(variable: string, text: string): EnvProxy | string {
  const [, scheme = 'http'] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme.toLowerCase() !== 'http') return `${scheme}:// proxies are not supported`;
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    return 'it is no address';
  }
  const { username, password, hostname, port } = url;
  if (hostname === '') return 'it names no host';
  const login = [username, password].map(decoded).join(':');
  return {
    variable,
    host: bare(hostname),
    port: port === '' ? 80 : Number(port),
    authorization:
      username === '' ? undefined : `Basic ${Buffer.from(login, 'utf8').toString('base64')}`,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isDirect(host: string, port: number, env: NodeJS.ProcessEnv): boolean {
  const upper = env['NO_PROXY']?.trim() ?? '';
  const list = upper === '' ? (env['no_proxy'] ?? '') : upper;
  const rules = list.split(',').map((rule) => rule.trim().toLowerCase());
  return rules.some((rule) => {
    if (rule === '') return false;
    const [, name = rule, wanted = ''] = /^([^:]*):(\d+)$/.exec(rule) ?? [];
    if (wanted !== '' && Number(wanted) !== port) return false;
    const suffix = name.replace(/^\*?\./, '');
    return suffix === '*' || host === suffix || host.endsWith(`.${suffix}`);
  });
}
