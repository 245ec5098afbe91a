/**
 * `http.route` for a path: the first configured pattern that matches, else a guess that folds what looks like data.
 * The number of guessed routes is bounded per service instance: a name must stay low in cardinality whatever is asked.
 */
export interface Route {
  readonly route: string;
  /** The bound was reached: the route says less than it could. */
  readonly overflow: boolean;
  /** A configured pattern, not a guess. */
  readonly configured: boolean;
  /** Span names by method, filled as they come: methods are a closed list. */
  readonly names: Map<string, string>;
}

/** Longer paths are folded from here on: routes stay short. */
const MAX_SEGMENTS = 12;
/** Paths remembered with their route, per table. */
const CACHE = 1024;

const makeRoute = (route: string, overflow: boolean, configured: boolean): Route => ({
  route,
  overflow,
  configured,
  names: new Map(),
});

interface Pattern {
  readonly segments: readonly string[];
  /** Ends in `*`: matches any rest. */
  readonly open: boolean;
  readonly route: Route;
}

/** Patterns such as `/users/{id}/files/*`. `{name}` is one segment; a final `*` is the rest. First match wins. */
export class RoutePatterns {
  readonly #patterns: readonly Pattern[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => {
      const segments = pattern.split('/').slice(1);
      const open = segments.at(-1) === '*';
      if (open) segments.pop();
      return { segments, open, route: makeRoute(pattern, false, true) };
    });
  }

  match(path: string): Route | undefined {
    if (this.#patterns.length === 0) return undefined;
    const segments = path.split('/', 256).slice(1);
    return this.#patterns.find((pattern) => matches(pattern, segments))?.route;
  }
}

function matches(pattern: Pattern, segments: readonly string[]): boolean {
  if (pattern.open ? segments.length < pattern.segments.length : segments.length !== pattern.segments.length) {
    return false;
  }
  return pattern.segments.every(
    (wanted, at) => wanted === segments[at] || (wanted.startsWith('{') && wanted.endsWith('}') && segments[at] !== ''),
  );
}

/** The routes of one service instance. */
export class RouteTable {
  readonly #patterns: RoutePatterns;
  readonly #maxRoutes: number;
  readonly #guessed = new Map<string, Route>();
  #cache = new Map<string, Route>();
  readonly #overflow = makeRoute('/*', true, false);

  constructor(patterns: RoutePatterns, maxRoutes: number) {
    this.#patterns = patterns;
    this.#maxRoutes = maxRoutes;
  }

  lookup(path: string): Route {
    const known = this.#cache.get(path);
    if (known !== undefined) return known;
    const route = this.#patterns.match(path) ?? this.#guess(path);
    if (this.#cache.size >= CACHE) this.#cache = new Map();
    this.#cache.set(path, route);
    return route;
  }

  #guess(path: string): Route {
    const text = guessRoute(path);
    let route = this.#guessed.get(text);
    if (route === undefined) {
      if (this.#guessed.size >= this.#maxRoutes) return this.#overflow;
      route = makeRoute(text, false, false);
      this.#guessed.set(text, route);
    }
    return route;
  }
}

/** Folds each segment that looks like data. A `;matrix` parameter is not part of the name. */
export function guessRoute(path: string): string {
  const segments = path.split('/', MAX_SEGMENTS + 2);
  let route = '';
  for (let at = 1; at < segments.length; at++) {
    if (at > MAX_SEGMENTS) return `${route}/*`;
    const segment = segments[at] ?? '';
    const semicolon = segment.indexOf(';');
    route += `/${foldSegment(semicolon < 0 ? segment : segment.slice(0, semicolon))}`;
  }
  return route === '' ? '/' : route;
}

const MAX_SEGMENT = 40;
/** v1, v2.1, v1beta2: a version names the interface, not a thing. */
const VERSION = /^v\d{1,3}(?:[.]\d{1,3}){0,2}(?:(?:alpha|beta|rc)\d{0,3})?$/i;
const NUMBER = /^[-+]?\d[\d.,]*$/;
const UUID = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i;
const HEX = /^(?:0x)?[0-9a-f]{8,}$/i;
const DATE = /^\d{4}-\d{2}(?:-\d{2})?(?:[T_ ].*)?$|^\d{2}[-.]\d{2}[-.]\d{4}$/;
/** `index-3f9a8b7c.js`: a hashed file name keeps its extension. */
const FILE = /^(.+)([.][A-Za-z][A-Za-z0-9]{0,5})$/;

function foldSegment(segment: string): string {
  const plain = plainKind(segment);
  if (plain === WORD && segment.length <= MAX_SEGMENT) return segment;
  if (plain === DIGITS) return '{id}';
  if (VERSION.test(segment)) return segment;
  let text = segment;
  if (segment.includes('%')) {
    try {
      text = decodeURIComponent(segment);
    } catch {
      return '{value}';
    }
  }
  if (text.includes('@')) return '{email}';
  if (UUID.test(text)) return '{uuid}';
  if (DATE.test(text)) return '{date}';
  if (NUMBER.test(text)) return '{id}';
  const file = FILE.exec(text);
  if (file !== null) {
    const stem = foldSegment(file[1] ?? '');
    return stem === file[1] ? segment : `${stem.startsWith('{') ? stem : '{value}'}${file[2] ?? ''}`;
  }
  if (HEX.test(text) && /\d/.test(text)) return '{hash}';
  if (segment.length > MAX_SEGMENT || text !== segment || looksRandom(text)) return '{value}';
  // Names are words joined by - _ . ~ +; a part that is a number or a hash makes the whole data: `order-1234`.
  const parts = text.split(/[-_.~+:,]/);
  if (parts.length > 1 && parts.some((part) => /^\d{3,}$/.test(part) || (HEX.test(part) && /\d/.test(part))))
    return '{value}';
  return /[^\w.~+:,!$'()*-]/.test(text) ? '{value}' : segment;
}

const MIXED = 0;
const WORD = 1;
const DIGITS = 2;

/** Most segments are words or numbers: one look instead of a dozen patterns. */
function plainKind(segment: string): number {
  let letters = 0;
  let digits = 0;
  for (let at = 0; at < segment.length; at++) {
    const code = segment.charCodeAt(at);
    const kind = kindOf(code);
    if (kind === 0) digits++;
    else if (kind !== 3 || code === 0x2d || code === 0x5f) letters++;
    else return MIXED;
  }
  if (digits === 0) return WORD;
  return letters === 0 ? DIGITS : MIXED;
}

/** Opaque tokens mix digits with letters throughout, or switch case without making words. */
function looksRandom(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '').length;
  if (text.length >= 6 && digits * 2 >= text.length) return true;
  if (text.length < 12) return false;
  let changes = 0;
  let before = 0;
  for (let at = 0; at < text.length; at++) {
    const kind = kindOf(text.charCodeAt(at));
    // Upper to lower is how a word begins: fooBarBaz counts three changes, not six.
    if (at > 0 && kind !== before && !(before === 2 && kind === 1)) changes++;
    before = kind;
  }
  const separators = text.replaceAll(/[^-_.~+]/g, '').length;
  return changes - 2 * separators > text.length / 5 && digits >= 2;
}

/** 0 digit, 1 lower case, 2 upper case, 3 other. */
function kindOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return 0;
  if (code >= 0x61 && code <= 0x7a) return 1;
  return code >= 0x41 && code <= 0x5a ? 2 : 3;
}
