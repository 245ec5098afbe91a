import { httpDefinition } from './http_metrics.ts';
import { AuthorityTable, TargetTable } from './http_target.ts';
import { newOperation, type Operation } from './operation.ts';
import type { QueryPolicy } from './query.ts';
import { RoutePatterns, RouteTable } from './route.ts';

export interface HttpOptions {
  /** Patterns for `http.route`, tried in order. */
  readonly routes: readonly string[];
  /** Distinct guessed routes per service instance. */
  readonly maxRoutes: number;
  /** Header fields to capture, by name. */
  readonly headers: { readonly request: readonly string[]; readonly response: readonly string[] };
  readonly query: QueryPolicy;
}

/** What all connections of one decoder share. */
export class HttpMapping {
  readonly targets: TargetTable;
  readonly authorities = new AuthorityTable();
  readonly patterns: RoutePatterns;
  /** Sinks take what they need at once, so one object per kind serves every connection. */
  readonly client: Operation;
  readonly server: Operation;
  readonly #maxRoutes: number;
  readonly #common: RouteTable;
  readonly #tables = new WeakMap<object, RouteTable>();

  constructor(protocol: string, options: HttpOptions) {
    this.targets = new TargetTable(options.query);
    this.patterns = new RoutePatterns(options.routes);
    this.#maxRoutes = options.maxRoutes;
    this.#common = new RouteTable(this.patterns, options.maxRoutes);
    this.client = newOperation(httpDefinition(protocol, 'client'));
    this.server = newOperation(httpDefinition(protocol, 'server'));
  }

  routesOf(instance: object | undefined): RouteTable {
    if (instance === undefined) return this.#common;
    let table = this.#tables.get(instance);
    if (table === undefined) {
      table = new RouteTable(this.patterns, this.#maxRoutes);
      this.#tables.set(instance, table);
    }
    return table;
  }
}
