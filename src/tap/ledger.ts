import type { KernelCounters } from '../kernel/types.ts';
import type { NumberPoint } from '../pdata/otlp/sums.ts';
import type { Ledger } from './protocol.ts';

/** What the tap itself counts; all of it only grows. */
export class TapCounters {
  // Records.
  dataRecords = 0;
  orphanRecords = 0;
  lateRecords = 0;
  reordered = 0;
  gaps = 0;
  gapBytes = 0;
  overlapBytes = 0;
  held = 0;
  heldDroppedBytes = 0;
  // Connections.
  connections = 0;
  ownConnections = 0;
  opaque = 0;
  evicted = 0;
  aged = 0;
  sessions = 0;
  failed = 0;
  // Messages: told = emitted + sampledOut + otlp + metricsOnly + pipelineFull + tooLarge + overload.
  told = 0;
  emitted = 0;
  sampledOut = 0;
  otlp = 0;
  metricsOnly = 0;
  pipelineFull = 0;
  tooLarge = 0;
  overload = 0;
  clockReversed = 0;
  // Spans: emitted = handedOver + (waiting) + abandoned.
  handedOver = 0;
  abandoned = 0;
  /** `decoder.reason` → count. */
  readonly rejects = new Map<string, number>();
  /** Bytes that were looked at to tell the protocol. */
  detectionBytes = 0;
  /** Verdict → count: a decoder's name, `unknown`, `withdrawn`. */
  readonly detections = new Map<string, number>();

  detected(verdict: string): void {
    this.detections.set(verdict, (this.detections.get(verdict) ?? 0) + 1);
  }
}

/** Connections and spans that are here now. */
export interface TapLevels {
  readonly connections: number;
  readonly heldBytes: number;
  readonly spansWaiting: number;
}

interface Row {
  /** Key in the ledger. */
  readonly key: string;
  /** Name of the OTLP metric; rows of one name differ by the attribute. */
  readonly metric: string;
  readonly unit: string;
  readonly description: string;
  readonly attribute?: readonly [string, string];
  readonly kind?: 'updown';
}

const operations = { metric: 'sonde.tap.operations', unit: '{operation}', description: 'Socket operations in scope.' };
const bytes = { metric: 'sonde.tap.bytes', unit: 'By', description: 'Bytes of socket operations in scope.' };
const skips = {
  metric: 'sonde.tap.operations.uncopied',
  unit: '{operation}',
  description: 'Operations recorded without all of their bytes, by reason.',
};
const messages = { metric: 'sonde.tap.messages', unit: '{message}', description: 'Exchanges that decoders told.' };
const spans = { metric: 'sonde.tap.spans', unit: '{span}', description: 'Spans written for the pipeline.' };

const outcome = (value: string) => ({ attribute: ['outcome', value] as const });

/** enum sonde_skip; the first means that only size limits cut the bytes. */
const SKIPS = [
  'size',
  'syscall',
  'io_uring',
  'kernel_thread',
  'compat',
  'kernel_socket',
  'truncated',
  'fault',
  'budget',
  'policy',
];

/**
 * Three ledgers, each closed in its own unit:
 * - operations (and bytes): every socket operation in scope is recorded, counted or dropped;
 * - messages: every exchange a decoder told is emitted, or left out for one reason;
 * - spans: every emitted span is handed over to the pipeline, waits, or was abandoned at the end.
 * What stands outside of them explains what happened on the way.
 */
const rows: readonly Row[] = [
  { key: 'operations.recorded', ...operations, ...outcome('recorded') },
  { key: 'operations.counted', ...operations, ...outcome('counted') },
  { key: 'operations.dropped', ...operations, ...outcome('dropped') },
  { key: 'bytes.recorded', ...bytes, ...outcome('recorded') },
  { key: 'bytes.counted', ...bytes, ...outcome('counted') },
  { key: 'bytes.dropped', ...bytes, ...outcome('dropped') },
  ...SKIPS.map((reason) => ({ key: `uncopied.${reason}`, ...skips, attribute: ['reason', reason] as const })),
  { key: 'messages.emitted', ...messages, ...outcome('emitted') },
  { key: 'messages.sampled_out', ...messages, ...outcome('sampled_out') },
  { key: 'messages.otlp', ...messages, ...outcome('otlp') },
  { key: 'messages.metrics_only', ...messages, ...outcome('metrics_only') },
  { key: 'messages.dropped.pipeline_full', ...messages, ...outcome('dropped_pipeline_full') },
  { key: 'messages.dropped.too_large', ...messages, ...outcome('dropped_too_large') },
  { key: 'messages.dropped.overload', ...messages, ...outcome('dropped_overload') },
  { key: 'spans.handed_over', ...spans, ...outcome('handed_over') },
  { key: 'spans.abandoned', ...spans, ...outcome('abandoned') },
  row('bytes.captured', 'By', 'Bytes copied out of the applications.'),
  row(
    'programs.missed',
    '{run}',
    'Runs of kernel programs that the kernel left out, because one ran on that CPU already: seen by nobody.',
  ),
  row(
    'operations.ignored',
    '{operation}',
    'Reads that took nothing of the stream: MSG_PEEK, MSG_OOB and the error queue.',
  ),
  row('records.state_dropped', '{record}', 'Connection and process records that the ring refused.'),
  row('records.data', '{record}', 'Data records read.'),
  row('records.orphaned', '{record}', 'Data records of connections that are not known (any more).'),
  row('records.late', '{record}', 'Data records that came after the end of their stream.'),
  row('records.reordered', '{record}', 'Data records that came before an earlier one.'),
  row('gaps', '{gap}', 'Runs of bytes that decoders did not see.'),
  row('gap.bytes', 'By', 'Bytes that decoders did not see.'),
  row('overlap.bytes', 'By', 'Bytes that came twice.'),
  row('responses.held', '{response}', 'Responses that waited for their request.'),
  row('held.dropped_bytes', 'By', 'Bytes given up because too many were untaken.'),
  row('held.refused', '{request}', 'Requests for memory above the limit of held bytes.'),
  row('connections.seen', '{connection}', 'Connections seen.'),
  row('connections.own', '{connection}', 'Connections of Sonde itself, both ends.'),
  row(
    'connections.opaque',
    '{connection}',
    'Connections that are only counted: TLS after its handshake, and those that no decoder understands.',
  ),
  row('connections.evicted', '{connection}', 'Open connections forgotten because the table was full.'),
  row(
    'connections.aged',
    '{connection}',
    'Connections forgotten because they were idle for too long, or their end was lost.',
  ),
  row('detection.bytes', 'By', 'Bytes looked at to tell the protocol of a connection.'),
  row('sessions', '{session}', 'Connections that a decoder took.'),
  row('sessions.failed', '{session}', 'Connections given up because a decoder threw.'),
  row('clock.reversed', '{message}', 'Exchanges whose end was stamped before their beginning; their duration is 0.'),
  row('restarts', '{restart}', 'Deaths of the tap that were survived.'),
  { ...row('connections.open', '{connection}', 'Connections known now.'), kind: 'updown' },
  { ...row('held.bytes', 'By', 'Bytes held for later now.'), kind: 'updown' },
  { ...row('spans.waiting', '{span}', 'Spans that wait for a buffer or for more.'), kind: 'updown' },
];

function row(key: string, unit: string, description: string): Row {
  return { key, metric: `sonde.tap.${key}`, unit, description };
}

export const NO_KERNEL_COUNTERS: KernelCounters = {
  operations: 0,
  bytes: 0,
  recorded: 0,
  recordedBytes: 0,
  capturedBytes: 0,
  dropped: 0,
  droppedBytes: 0,
  counted: 0,
  countedBytes: 0,
  skipped: [],
  ignored: 0,
  stateDropped: 0,
  missed: 0,
};

export function addKernelCounters(a: KernelCounters, b: KernelCounters): KernelCounters {
  return {
    operations: a.operations + b.operations,
    bytes: a.bytes + b.bytes,
    recorded: a.recorded + b.recorded,
    recordedBytes: a.recordedBytes + b.recordedBytes,
    capturedBytes: a.capturedBytes + b.capturedBytes,
    dropped: a.dropped + b.dropped,
    droppedBytes: a.droppedBytes + b.droppedBytes,
    counted: a.counted + b.counted,
    countedBytes: a.countedBytes + b.countedBytes,
    skipped: SKIPS.map((_, index) => (a.skipped[index] ?? 0) + (b.skipped[index] ?? 0)),
    ignored: a.ignored + b.ignored,
    stateDropped: a.stateDropped + b.stateDropped,
    missed: a.missed + b.missed,
  };
}

export function ledgerOf(kernel: KernelCounters, tap: TapCounters, levels: TapLevels, refused: number): Ledger {
  const ledger: Record<string, number> = {
    operations: kernel.operations,
    'operations.recorded': kernel.recorded,
    'operations.counted': kernel.counted,
    'operations.dropped': kernel.dropped,
    bytes: kernel.bytes,
    'bytes.recorded': kernel.recordedBytes,
    'bytes.counted': kernel.countedBytes,
    'bytes.dropped': kernel.droppedBytes,
    'bytes.captured': kernel.capturedBytes,
    'operations.ignored': kernel.ignored,
    'programs.missed': kernel.missed,
    'records.state_dropped': kernel.stateDropped,
    'records.data': tap.dataRecords,
    'records.orphaned': tap.orphanRecords,
    'records.late': tap.lateRecords,
    'records.reordered': tap.reordered,
    gaps: tap.gaps,
    'gap.bytes': tap.gapBytes,
    'overlap.bytes': tap.overlapBytes,
    'responses.held': tap.held,
    'held.dropped_bytes': tap.heldDroppedBytes,
    'held.refused': refused,
    'held.bytes': levels.heldBytes,
    'connections.seen': tap.connections,
    'connections.own': tap.ownConnections,
    'connections.opaque': tap.opaque,
    'connections.evicted': tap.evicted,
    'connections.aged': tap.aged,
    'connections.open': levels.connections,
    'detection.bytes': tap.detectionBytes,
    sessions: tap.sessions,
    'sessions.failed': tap.failed,
    messages: tap.told,
    'messages.emitted': tap.emitted,
    'messages.sampled_out': tap.sampledOut,
    'messages.otlp': tap.otlp,
    'messages.metrics_only': tap.metricsOnly,
    'messages.dropped.pipeline_full': tap.pipelineFull,
    'messages.dropped.too_large': tap.tooLarge,
    'messages.dropped.overload': tap.overload,
    'clock.reversed': tap.clockReversed,
    spans: tap.emitted,
    'spans.handed_over': tap.handedOver,
    'spans.abandoned': tap.abandoned,
    'spans.waiting': levels.spansWaiting,
  };
  SKIPS.forEach((reason, index) => {
    ledger[`uncopied.${reason}`] = kernel.skipped[index] ?? 0;
  });
  for (const [name, count] of tap.rejects) ledger[REJECTS + name] = count;
  for (const [verdict, count] of tap.detections) ledger[VERDICTS + verdict] = count;
  return ledger;
}

const REJECTS = 'rejects.';
/** Of keys of the ledger: how many connections got that verdict. */
export const VERDICTS = 'detection.verdict.';

/** The ledger as metric points. The totals `operations`, `bytes`, `messages`, `spans` are the sums of their outcomes. */
export function ledgerPoints(ledger: Ledger): NumberPoint[] {
  const points: NumberPoint[] = [];
  for (const { key, metric, unit, description, attribute, kind } of rows) {
    const attributes = attribute === undefined ? {} : { [attribute[0]]: attribute[1] };
    points.push({ name: metric, description, unit, kind: kind ?? 'counter', value: ledger[key] ?? 0, attributes });
  }
  for (const [key, value] of Object.entries(ledger)) {
    if (key.startsWith(VERDICTS)) {
      points.push({
        name: 'sonde.tap.detection',
        description: 'Verdicts on what the first bytes of connections are.',
        unit: '{verdict}',
        kind: 'counter',
        value,
        attributes: { verdict: key.slice(VERDICTS.length) },
      });
    }
    if (!key.startsWith(REJECTS)) continue;
    const [decoder = '', reason = ''] = key.slice(REJECTS.length).split('.');
    points.push({
      name: 'sonde.tap.rejects',
      description: 'Messages or runs of bytes that a decoder gave up.',
      unit: '{reject}',
      kind: 'counter',
      value,
      attributes: { decoder, reason },
    });
  }
  return points;
}
