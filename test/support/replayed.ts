import { requestOf } from '../../src/pdata/otlp/schema.ts';
import { toJson } from '../../src/pdata/otlp/to_json.ts';
import { CaptureReader } from '../../src/replay/capture_reader.ts';
import { Replay } from '../../src/replay/replay.ts';
import { summary } from '../../src/replay/summary.ts';
import { type Span, spansOf } from './otlp.ts';

export interface Replayed {
  readonly spans: readonly Span[];
  /** What was wrong with the file, and at which offset. */
  readonly problem: Error | undefined;
  readonly offset: number;
  readonly summary: string;
  readonly replay: Replay;
}

/** What `sonde replay` makes of a file that comes in pieces of `size` bytes. */
export function replayed(
  file: Buffer,
  hints: Readonly<Record<number, string>> = {},
  size = 65_536,
  connections = false,
): Replayed {
  let lines = '';
  const replay = new Replay({
    hints: new Map(Object.entries(hints).map(([port, name]) => [Number(port), name])),
    connections,
    emit: (request) => {
      lines += `${Buffer.from(toJson(requestOf.traces, request)).toString()}\n`;
    },
  });
  const reader = new CaptureReader(replay);
  let problem: Error | undefined;
  try {
    for (let at = 0; at < file.length; at += size) reader.push(file.subarray(at, at + size));
    reader.end();
  } catch (error) {
    problem = error instanceof Error ? error : new Error(String(error));
  }
  replay.finish();
  return { spans: spansOf(lines), problem, offset: reader.offset, summary: summary(replay, reader.formatName), replay };
}

/** A line per span: what two captures of one conversation must agree on. */
export function told(spans: readonly Span[]): string[] {
  return spans.map(({ name, kind, start, end, attributes, status, resource }) =>
    [kind, name, start, end, JSON.stringify(attributes), JSON.stringify(status), resource['service.instance.id']].join(
      ' ',
    ),
  );
}
