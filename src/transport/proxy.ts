import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy of a request, by the rules of Go's net/http (golang.org/x/net/http/httpproxy): `proxy_url`, else HTTPS_PROXY or
 * HTTP_PROXY unless NO_PROXY names the host. Upper case comes before lower case. Undefined: none. Throws on what is no URL.
 */
export function proxyFor(url: URL, configured: string, env: Environment): URL | undefined {
  if (configured !== '') return new URL(configured);
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = env[name] || env[name.toLowerCase()] || '';
  if (text === '' || bypassed(url, env['NO_PROXY'] || env['no_proxy'] || '')) return undefined;
  // `proxy:3128` is a proxy too.
  const proxy = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const problem = proxyProblem(proxy.href);
  if (problem !== undefined) throw new Error(`${name}: ${problem}`);
  return proxy;
}

/** Why it cannot be used as a proxy; undefined: it can. */
export function proxyProblem(text: string): string | undefined {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  // Without the text: it may hold a password.
  if (parsed === undefined || parsed.hostname === '') return 'a URL such as http://proxy:3128 is needed';
  if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return undefined;
  return `proxies of the scheme "${parsed.protocol.slice(0, -1)}" are not supported, use http or https`;
}

/** Value of Proxy-Authorization, from user and password of the proxy's URL. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** Loopback always is; else a host, `.domain`, IP address, CIDR block or `*` of the list, each with an optional port. */
function bypassed(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (host === 'localhost' || (isIP(host) > 0 && inBlock(host, isIP(host) === 6 ? '::1/128' : '127.0.0.0/8')))
    return true;
  return list
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .some((each) => each !== '' && matches(each, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inBlock(host, entry);
  const [, name = '', only] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (only !== undefined && only !== port) return false;
  if (isIP(name) > 0) return isIP(host) > 0 && inBlock(host, `${name}/${isIP(name) === 6 ? 128 : 32}`);
  // `example.com` means its subdomains too, `.example.com` and `*.example.com` only those.
  if (name.startsWith('*.')) return host.endsWith(name.slice(1));
  return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

function inBlock(address: string, block: string): boolean {
  const [network = '', prefix = ''] = block.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family || !/^\d+$/.test(prefix) || Number(prefix) > (family === 6 ? 128 : 32)) {
    return false;
  }
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), type);
  return list.check(address, type);
}
