import { encodeScope } from '../pdata/otlp/attributes.ts';
import { ByteWriter, type Fixed64, varintLength } from '../pdata/otlp/writer.ts';
import type { Operation } from '../wire/operation.ts';
import { AttributeMemory, type AttributePlace } from './attribute_memory.ts';
import { SPAN_BUFFER_BYTES } from './protocol.ts';
import type { ServiceInstance, SpanContext, SpanWriter } from './types.ts';

/**
 * Operations to opentelemetry.proto.trace.v1.Span bytes, without objects in between: one buffer per instance and
 * scope, put together at `flush` as ResourceSpans > ScopeSpans > Span.
 */

/** Bytes of a span besides name, tracestate and attributes: 79, and the length in front. */
const SPAN_OVERHEAD = 128;

/** Buffers kept for the next spans. */
const MAX_SPARE_BYTES = 2 * SPAN_BUFFER_BYTES;

const SPAN_KIND = { server: 2, client: 3 } as const;
const STATUS_CODE_ERROR = 2;
/** Span.flags, opentelemetry/proto/trace/v1/trace.proto */
const CONTEXT_HAS_IS_REMOTE = 0x100;
const CONTEXT_IS_REMOTE = 0x200;

export interface SpanWriterOptions {
  /** Version of the instrumentation scopes: Sonde's own. */
  readonly version: string;
  /** schema_url of ScopeSpans. */
  readonly schemaUrl: string;
  /** Most bytes that wait; a buffer given to `flush` should be as large. */
  readonly maxBytes?: number;
}

interface Scope {
  readonly name: string;
  /** Encoded ScopeSpans without the spans: `scope` stands before them, `schema_url` behind. */
  readonly head: Uint8Array;
  readonly spans: ByteWriter;
}

interface Group {
  instance: ServiceInstance;
  /** The resource that `size` counts. */
  resource: Uint8Array;
  readonly scopes: Scope[];
  spans: number;
  /** Bytes of the whole ResourceSpans with tag and length. */
  size: number;
}

export function createSpanWriter(options: SpanWriterOptions): SpanWriter {
  return new OtlpSpanWriter(options);
}

class OtlpSpanWriter implements SpanWriter {
  spans = 0;
  bytes = 0;
  private readonly maxBytes: number;
  private readonly version: string;
  private readonly tail: Uint8Array;
  private readonly heads = new Map<string, Uint8Array>();
  private readonly groups = new Map<number, Group>();
  private last: Group | undefined;
  private readonly spare: ByteWriter[] = [];
  private spareBytes = 0;
  private readonly memory = new AttributeMemory();

  constructor(options: SpanWriterOptions) {
    this.maxBytes = options.maxBytes ?? SPAN_BUFFER_BYTES;
    this.version = options.version;
    const tail = new ByteWriter(64);
    tail.stringField(0x1a, options.schemaUrl);
    this.tail = tail.take();
  }

  add(instance: ServiceInstance, operation: Operation, context: SpanContext, offset: Fixed64, connection = 0): boolean {
    const place = this.memory.of(connection);
    const bound = spanBound(operation, context) + place.prepare(operation.attributes);
    // Every character may take three bytes: what is over the limit even at one byte each is not worth a buffer.
    if (bound > this.maxBytes * 3) return false;
    const group = this.groupOf(instance);
    const scope = this.scopeOf(group, operation.definition.scope);
    const writer = scope.spans;
    const start = writer.position;
    writer.reserve(bound);
    writeSpan(writer, operation, context, offset, place);
    let { resource } = instance;
    let size = this.sizeOf(group, resource);
    let total = this.bytes - group.size + size;
    if (total > this.maxBytes && resource !== group.resource) {
      resource = group.resource;
      size = this.sizeOf(group, resource);
      total = this.bytes - group.size + size;
    }
    if (total > this.maxBytes) {
      writer.position = start;
      if (group.spans === 0) this.forget(group);
      return false;
    }
    group.instance = instance;
    group.resource = resource;
    group.size = size;
    group.spans++;
    this.bytes = total;
    this.spans++;
    return true;
  }

  flush(into: Uint8Array): number {
    let at = 0;
    for (const group of this.groups.values()) {
      // More may be known of the instance by now; the resource that was counted is the one sure to fit.
      const { resource } = group.instance;
      const size = this.sizeOf(group, resource);
      const latest = at + size <= into.length;
      if (!latest && at + group.size > into.length) continue;
      at = latest
        ? this.writeGroup(into, at, group, resource, size)
        : this.writeGroup(into, at, group, group.resource, group.size);
      this.forget(group);
    }
    return at;
  }

  drop(): number {
    const dropped = this.spans;
    for (const group of this.groups.values()) this.forget(group);
    return dropped;
  }

  private groupOf(instance: ServiceInstance): Group {
    if (this.last?.instance.id === instance.id) return this.last;
    let group = this.groups.get(instance.id);
    if (group === undefined) {
      group = { instance, resource: instance.resource, scopes: [], spans: 0, size: 0 };
      this.groups.set(instance.id, group);
    }
    this.last = group;
    return group;
  }

  private scopeOf(group: Group, name: string): Scope {
    for (const scope of group.scopes) if (scope.name === name) return scope;
    const spare = this.spare.pop();
    if (spare !== undefined) this.spareBytes -= spare.buffer.length;
    const spans = spare ?? new ByteWriter(4096);
    const scope: Scope = { name, head: this.headOf(name), spans };
    group.scopes.push(scope);
    return scope;
  }

  /** Scope names are the decoders', so few. */
  private headOf(name: string): Uint8Array {
    let head = this.heads.get(name);
    if (head === undefined) {
      const writer = new ByteWriter(64);
      writer.bytesField(0x0a, encodeScope(name, this.version));
      head = writer.take();
      this.heads.set(name, head);
    }
    return head;
  }

  private scopeLength(scope: Scope): number {
    return scope.head.length + scope.spans.position + this.tail.length;
  }

  private bodyLength(group: Group, resource: Uint8Array): number {
    let length = 1 + varintLength(resource.length) + resource.length;
    for (const scope of group.scopes) {
      const scopeLength = this.scopeLength(scope);
      if (scope.spans.position > 0) length += 1 + varintLength(scopeLength) + scopeLength;
    }
    return length;
  }

  private sizeOf(group: Group, resource: Uint8Array): number {
    const body = this.bodyLength(group, resource);
    return 1 + varintLength(body) + body;
  }

  private writeGroup(into: Uint8Array, start: number, group: Group, resource: Uint8Array, size: number): number {
    const body = this.bodyLength(group, resource);
    let at = putHead(into, start, 0x0a, body);
    at = putHead(into, at, 0x0a, resource.length);
    into.set(resource, at);
    at += resource.length;
    for (const scope of group.scopes) {
      const { spans } = scope;
      if (spans.position === 0) continue;
      at = putHead(into, at, 0x12, this.scopeLength(scope));
      into.set(scope.head, at);
      at += scope.head.length;
      into.set(spans.buffer.subarray(0, spans.position), at);
      at += spans.position;
      into.set(this.tail, at);
      at += this.tail.length;
    }
    return start + size;
  }

  private forget(group: Group): void {
    this.groups.delete(group.instance.id);
    if (this.last === group) this.last = undefined;
    this.bytes -= group.size;
    this.spans -= group.spans;
    for (const { spans } of group.scopes) {
      spans.position = 0;
      if (this.spareBytes + spans.buffer.length > MAX_SPARE_BYTES) continue;
      this.spareBytes += spans.buffer.length;
      this.spare.push(spans);
    }
  }
}

function putHead(into: Uint8Array, start: number, tag: number, length: number): number {
  let at = start;
  into[at++] = tag;
  let rest = length;
  while (rest > 127) {
    into[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  into[at++] = rest;
  return at;
}

/** Without attributes. */
function spanBound(operation: Operation, context: SpanContext): number {
  return SPAN_OVERHEAD + (operation.name.length + context.traceState.length) * 3;
}

/** Unchecked: the caller has reserved `spanBound`. */
function writeSpan(
  writer: ByteWriter,
  operation: Operation,
  context: SpanContext,
  offset: Fixed64,
  place: AttributePlace,
): void {
  writer.byte(0x12);
  // Nearly every span is 128 to 16383 bytes long: two bytes of length.
  const mark = writer.position + 2;
  writer.position = mark;
  writeId(writer, 0x0a, 16, context.traceId);
  writeId(writer, 0x12, 8, context.spanId);
  if (context.traceState !== '') {
    writer.byte(0x1a);
    writer.string(context.traceState);
  }
  const parent = context.parentSpanId;
  if (parent !== undefined) writeId(writer, 0x22, 8, parent);
  writer.byte(0x2a);
  writer.string(operation.name);
  writer.byte(0x30);
  writer.byte(SPAN_KIND[operation.definition.kind]);
  writer.byte(0x39);
  writer.time(operation.start, offset);
  writer.byte(0x41);
  writer.time(operation.end, offset);
  place.write(writer, 0x4a, operation.attributes);
  if (operation.error) {
    writer.byte(0x7a);
    writer.byte(2);
    writer.byte(0x18);
    writer.byte(STATUS_CODE_ERROR);
  }
  const flags = (context.flags & 0xff) | (parent === undefined ? 0 : CONTEXT_HAS_IS_REMOTE | CONTEXT_IS_REMOTE);
  if (flags !== 0) {
    writer.byte(0x85);
    writer.byte(0x01);
    writer.fixed32(flags);
  }
  endSpan(writer, mark);
}

function writeId(writer: ByteWriter, tag: number, length: number, id: Uint8Array): void {
  const { buffer } = writer;
  let at = writer.position;
  buffer[at++] = tag;
  buffer[at++] = length;
  for (let i = 0; i < length; i++) buffer[at++] = id[i] as number;
  writer.position = at;
}

function endSpan(writer: ByteWriter, mark: number): void {
  const { buffer } = writer;
  const length = writer.position - mark;
  if (length > 127 && length < 16384) {
    buffer[mark - 2] = (length & 127) | 128;
    buffer[mark - 1] = length >>> 7;
    return;
  }
  const width = varintLength(length);
  buffer.copyWithin(mark - 2 + width, mark, mark + length);
  writer.position = mark - 2;
  writer.varint(length);
  writer.position += length;
}
