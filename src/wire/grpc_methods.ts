export const OTHER_METHOD = '_OTHER';

/** `/package.Service/Method`: what code generators make. Anything else is a caller's invention. */
const PATH = /^\/[A-Za-z_][\w.]{0,254}\/[A-Za-z_]\w{0,126}$/;
/** Longest path that is remembered with its method. */
const MAX_PATH = 400;

/** The methods of one service instance, bounded: whoever calls chooses the path. */
export class GrpcMethods {
  readonly #max: number;
  readonly #known = new Map<string, string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** `package.Service/Method`, or `_OTHER`. */
  of(path: string): string {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    if (path.length > MAX_PATH || !PATH.test(path) || this.#known.size >= this.#max) return OTHER_METHOD;
    const method = path.slice(1);
    this.#known.set(path, method);
    return method;
  }
}
