import {
  CLIENT,
  type ConnectionContext,
  type Decoder,
  type Detection,
  type End,
  HOLD,
  MORE,
  NO,
  REQUEST,
  RESPONSE,
  type Session,
  type Side,
  type Sink,
} from '../../src/wire/decoder.ts';
import type { Operation, OperationDefinition } from '../../src/wire/operation.ts';

const NEWLINE = 10;

const definition = (kind: 'client' | 'server'): OperationDefinition => ({
  protocol: 'line',
  scope: 'sonde.line',
  kind,
  metrics: [{ name: 'line.duration', description: '', unit: 's', boundaries: [0.1] }],
  metricKeys: [],
});

/** A protocol of lines for tests: `?name` asks, `!` answers, in order; `X` ends the protocol, `B` breaks the decoder. */
export class LineDecoder implements Decoder {
  readonly name = 'line';
  readonly rejects = ['orphan', 'gap', 'garbage'];
  readonly maxPending = 4096;
  readonly sessions: LineSession[] = [];

  detect(bytes: Uint8Array, start: number, end: number): Detection {
    if (start === end) return MORE;
    const first = String.fromCharCode(bytes[start] ?? 0);
    if (first === '~') return MORE;
    return first === '?' ? REQUEST : first === '!' ? RESPONSE : NO;
  }

  open(context: ConnectionContext, sink: Sink): Session {
    const session = new LineSession(context, sink);
    this.sessions.push(session);
    return session;
  }
}

export class LineSession implements Session {
  opaque = false;
  readonly context: ConnectionContext;
  readonly ends: string[] = [];
  private readonly sink: Sink;
  private readonly operation: Operation;
  private readonly asked: { name: string; time: number }[] = [];
  private lostSides = [false, false];

  constructor(context: ConnectionContext, sink: Sink) {
    this.context = context;
    this.sink = sink;
    this.lostSides = [context.joined, context.joined];
    this.operation = {
      definition: definition(context.kind),
      name: '',
      start: 0,
      end: 0,
      attributes: [],
      metricValues: [],
      measurements: [0],
      error: false,
      traceparent: '',
      tracestate: '',
      otlp: false,
    };
  }

  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): number {
    let at = start;
    if (boundary) this.lostSides[side] = false;
    while (at < end && !this.opaque) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0 || newline >= end) break;
      const line = String.fromCharCode(...bytes.subarray(at, newline));
      if (this.lostSides[side]) this.lostSides[side] = false;
      else if (this.line(side, line, time, mayHold)) return at === start ? HOLD : at - start;
      at = newline + 1;
    }
    return at - start;
  }

  gap(side: Side, _bytes: Uint8Array, _start: number, _end: number, _length: number, _time: number): void {
    this.sink.reject('gap');
    this.lostSides[side] = true;
    this.asked.length = 0;
  }

  end(side: Side, _bytes: Uint8Array, _start: number, _end: number, how: End, time: number): void {
    this.ends.push(`${side} ${how}`);
    if (side === CLIENT && how === 'finished') return;
    for (const { name, time: start } of this.asked.splice(0)) this.tell(`${name} unanswered`, start, time);
  }

  /** True: hold. */
  private line(side: Side, line: string, time: number, mayHold: boolean): boolean {
    if (line === 'X') this.opaque = true;
    else if (line === 'B') throw new Error('broken');
    else if (side === CLIENT) this.asked.push({ name: line.slice(1), time });
    else {
      const asked = this.asked.shift();
      if (asked !== undefined) this.tell(asked.name, asked.time, time);
      else if (mayHold) return true;
      else this.sink.reject('orphan');
    }
    return false;
  }

  /** `name;traceparent;otlp` */
  private tell(text: string, start: number, end: number): void {
    const [name = '', traceparent = '', otlp] = text.split(';');
    this.operation.name = name;
    this.operation.traceparent = traceparent;
    this.operation.otlp = otlp !== undefined;
    this.operation.start = start;
    this.operation.end = end;
    this.operation.measurements[0] = (end - start) / 1e9;
    this.sink.operation(this.operation);
  }
}
