/**
 * Request targets and authorities (RFC 9112 section 3.2, RFC 3986 section 3.2), both hostile input.
 */
import { applyQueryPolicy, type QueryPolicy } from './query.ts';

export interface Target {
  /** '' in authority form. */
  readonly path: string;
  /** After the policy; '' for none. */
  readonly query: string;
  /** Of the absolute and the authority form, without credentials; else ''. */
  readonly authority: string;
  /** Of the absolute form, else ''. */
  readonly scheme: string;
}

/** Scheme, authority, rest. The scheme is bounded so that the search is. */
const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+.-]{0,15}):\/\/([^/?#]*)(.*)$/s;

function parseTarget(target: string, policy: QueryPolicy): Target {
  let rest = target;
  let authority = '';
  let scheme = '';
  if (!target.startsWith('/') && target !== '*') {
    const absolute = ABSOLUTE.exec(target);
    if (absolute === null) return { path: '', query: '', authority: withoutCredentials(target), scheme: '' };
    scheme = (absolute[1] ?? '').toLowerCase();
    authority = withoutCredentials(absolute[2] ?? '');
    rest = absolute[3] ?? '';
  }
  const fragment = rest.indexOf('#');
  if (fragment >= 0) rest = rest.slice(0, fragment);
  const mark = rest.indexOf('?');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  const query = mark < 0 ? '' : applyQueryPolicy(rest.slice(mark + 1), policy);
  return { path: path === '' ? '/' : path, query, authority, scheme };
}

function withoutCredentials(authority: string): string {
  return authority.slice(authority.lastIndexOf('@') + 1);
}

export interface Authority {
  /** Lower case, IPv6 without brackets; '' when what was sent is none. */
  readonly address: string;
  /** 0 when not given. */
  readonly port: number;
}

const NO_AUTHORITY: Authority = { address: '', port: 0 };
/** RFC 1035's 253, brackets and a port. */
const MAX_AUTHORITY = 261;
const AUTHORITY = /^(?:\[([0-9A-Fa-f:.]{2,45}(?:%[\w.~-]{1,16})?)\]|([\w.~-]{1,253}))(?::(\d{0,5}))?$/;

export function parseAuthority(text: string): Authority {
  if (text === '' || text.length > MAX_AUTHORITY) return NO_AUTHORITY;
  const parts = AUTHORITY.exec(text);
  if (parts === null) return NO_AUTHORITY;
  const port = Number(parts[3] ?? 0);
  if (port > 65535) return NO_AUTHORITY;
  return { address: (parts[1] ?? parts[2] ?? '').toLowerCase(), port };
}

/** Remembers what was made of a text. Bounded: forgets everything when full. */
class Memo<V> {
  static readonly MAX_LENGTH = 512;
  static readonly MAX_ENTRIES = 1024;
  #known = new Map<string, V>();
  readonly #make: (text: string) => V;

  constructor(make: (text: string) => V) {
    this.#make = make;
  }

  get(text: string): V {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = this.#make(text);
    if (text.length > Memo.MAX_LENGTH) return made;
    if (this.#known.size >= Memo.MAX_ENTRIES) this.#known = new Map();
    this.#known.set(text, made);
    return made;
  }
}

export class TargetTable extends Memo<Target> {
  constructor(policy: QueryPolicy) {
    super((target) => parseTarget(target, policy));
  }
}

export class AuthorityTable extends Memo<Authority> {
  constructor() {
    super(parseAuthority);
  }
}
