import { ByteReader } from './reader.ts';
import { LENGTH } from './types.ts';
import { ByteWriter } from './writer.ts';

/**
 * Requests looked at as bytes: all four signals are resource > scope > item with the same field numbers
 * (1 resources; in them 1 resource, 2 scopes; in those 1 scope, 2 items, 3 schema_url), so one walker does for all. Nothing below
 * the level that is asked for is read, and everything thrown is OtlpError.
 */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface ScopeView {
  /** Body of the Scope{Spans,Metrics,Logs,Profiles}. */
  readonly body: Range;
  /** Body of the InstrumentationScope, if there is one. */
  readonly scope: Range | undefined;
  readonly schemaUrl: Range | undefined;
}

export interface ResourceView {
  /** Body of the Resource{Spans,Metrics,Logs,Profiles}. */
  readonly body: Range;
  /** Body of the Resource, if there is one. */
  readonly resource: Range | undefined;
  readonly scopes: readonly ScopeView[];
}

/** Tags of length-delimited fields. */
const FIRST = 1 * 8 + LENGTH;
const SECOND = 2 * 8 + LENGTH;
const THIRD = 3 * 8 + LENGTH;

/** Resource entries of a request, one after the other, with their scopes. */
export function* resources(bytes: Uint8Array): Generator<ResourceView> {
  for (const body of fields(bytes, { start: 0, end: bytes.length }, FIRST)) {
    let resource: Range | undefined;
    const scopes: ScopeView[] = [];
    for (const [tag, range] of lengthFields(bytes, body)) {
      if (tag === FIRST) resource = range;
      else if (tag === SECOND) scopes.push(scopeView(bytes, range));
    }
    yield { body, resource, scopes };
  }
}

/** Bodies of the spans, metrics, log records or profiles of a scope. */
export function items(bytes: Uint8Array, scope: ScopeView): Generator<Range> {
  return fields(bytes, scope.body, SECOND);
}

/**
 * The request with other resources: `replace` gets each Resource's body (empty if there was none) and returns the new one, or
 * undefined to leave it. Returns `bytes` itself if nothing changed; what stands below the resource is copied, not read.
 */
export function replaceResources(
  bytes: Uint8Array,
  replace: (resource: Uint8Array) => Uint8Array | undefined,
): Uint8Array {
  const writer = new ByteWriter(bytes.length + 1024);
  let changed = false;
  let copied = 0;
  for (const { tag, start, body } of allFields(bytes, { start: 0, end: bytes.length })) {
    if (tag !== FIRST) continue;
    const replacement = replace(pieces(bytes, body));
    if (replacement === undefined) continue;
    changed = true;
    copy(writer, bytes, copied, start);
    const mark = writer.begin(FIRST);
    writer.bytesField(FIRST, replacement);
    for (const inner of allFields(bytes, body)) {
      if (inner.tag !== FIRST) copy(writer, bytes, inner.start, inner.body.end);
    }
    writer.end(mark);
    copied = body.end;
  }
  if (!changed) return bytes;
  copy(writer, bytes, copied, bytes.length);
  return writer.buffer.subarray(0, writer.position);
}

/** The Resource in `body`; its pieces, should there be several, are one message when they stand one behind the other. */
function pieces(bytes: Uint8Array, body: Range): Uint8Array {
  const found = [...fields(bytes, body, FIRST)].map(({ start, end }) => bytes.subarray(start, end));
  const [only] = found;
  return only !== undefined && found.length === 1 ? only : Buffer.concat(found);
}

function scopeView(bytes: Uint8Array, body: Range): ScopeView {
  let scope: Range | undefined;
  let schemaUrl: Range | undefined;
  for (const [tag, range] of lengthFields(bytes, body)) {
    if (tag === FIRST) scope = range;
    else if (tag === THIRD) schemaUrl = range;
  }
  return { body, scope, schemaUrl };
}

/** Values of the length-delimited field with this tag. */
function* fields(bytes: Uint8Array, within: Range, wanted: number): Generator<Range> {
  for (const [tag, range] of lengthFields(bytes, within)) if (tag === wanted) yield range;
}

function* lengthFields(bytes: Uint8Array, within: Range): Generator<readonly [number, Range]> {
  for (const { tag, body } of allFields(bytes, within)) if ((tag & 7) === LENGTH) yield [tag, body];
}

export interface FieldView {
  readonly tag: number;
  /** Where the tag begins. */
  readonly start: number;
  /** The value; of a length-delimited field without the length. */
  readonly body: Range;
}

/** Every field of a message, in order. */
export function* allFields(bytes: Uint8Array, within: Range): Generator<FieldView> {
  const reader = new ByteReader(bytes);
  reader.position = within.start;
  while (reader.position < within.end) {
    const start = reader.position;
    const tag = reader.tag(within.end);
    if ((tag & 7) === LENGTH) {
      const end = reader.lengthEnd(within.end);
      const body = { start: reader.position, end };
      reader.position = end;
      yield { tag, start, body };
    } else {
      const value = reader.position;
      reader.skip(tag, within.end);
      yield { tag, start, body: { start: value, end: reader.position } };
    }
  }
}

function copy(writer: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  writer.reserve(end - start);
  writer.bytes(bytes.subarray(start, end));
}
