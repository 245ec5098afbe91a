import type { Readable, Writable } from 'node:stream';
import { SondeError } from '../errors.ts';
import { decodeMessage } from '../pdata/otlp/decode.ts';
import { requestOf } from '../pdata/otlp/schema.ts';
import { toJson } from '../pdata/otlp/to_json.ts';
import { CaptureReader, UnknownFormat } from '../replay/capture_reader.ts';
import { Damage } from '../replay/packet.ts';
import { decoderNames, Replay } from '../replay/replay.ts';
import { openCapture } from '../replay/source.ts';
import { summary } from '../replay/summary.ts';
import { type ReplayArguments, UsageError } from './arguments.ts';
import { spansText } from './replay_text.ts';

interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Prints the spans of a capture on stdout, and on stderr what became of the rest. Throws if the file is not whole. */
export async function replay(args: ReplayArguments, { stdin, stdout, stderr }: Streams): Promise<number> {
  const { file, format, hints, connections } = args;
  checkHints(hints);
  // `| head`: the write that fails tells it too.
  stdout.on('error', () => undefined);
  const printed: (string | Uint8Array)[] = [];
  const replay = new Replay({
    hints,
    connections,
    emit: (request) => {
      if (format === 'text') printed.push(spansText(decodeMessage(requestOf.traces, request)));
      else printed.push(toJson(requestOf.traces, request), '\n');
    },
  });
  const reader = new CaptureReader(replay);
  let problem: SondeError | undefined;
  try {
    for await (const chunk of openCapture(file, stdin)) {
      reader.push(chunk);
      replay.flush();
      if (!(await write(stdout, printed.splice(0)))) return 1;
    }
    reader.end();
  } catch (error) {
    problem = problemOf(error, file === '-' ? 'standard input' : file, reader.offset);
  }
  replay.finish();
  const complete = await write(stdout, printed.splice(0));
  // Of a file that could not be read at all there is nothing to sum up.
  if (problem === undefined || replay.counters.packets > 0) await write(stderr, [summary(replay, reader.formatName)]);
  if (problem !== undefined) throw new Error(`${problem.message}; remedy: ${problem.remedy}`, { cause: problem });
  return complete ? 0 : 1;
}

function checkHints(hints: ReplayArguments['hints']): void {
  const names = new Set([...hints.values()]);
  if (names.size === 0) return;
  const known = decoderNames();
  for (const name of names) {
    if (!known.includes(name))
      throw new UsageError(`unknown protocol "${name}" for "--port-hint" flag: protocols are: ${known.join(', ')}`);
  }
}

function problemOf(error: unknown, file: string, offset: number): SondeError {
  const { code = '', errno, message: reason } = error as NodeJS.ErrnoException;
  if (error instanceof UnknownFormat) return new SondeError('E_CAPTURE_FORMAT', { file, problem: reason }, error);
  // Z_…: the gzip stream around it is broken; the offset is that of the unpacked bytes.
  if (error instanceof Damage || code.startsWith('Z_')) {
    return new SondeError('E_CAPTURE_BROKEN', { file, offset, problem: reason }, error);
  }
  if (errno === undefined) throw error;
  return new SondeError('E_CAPTURE_UNREADABLE', { file, reason }, error);
}

/** False: nobody reads any more. Waits, so that a slow reader does not make the memory grow. */
async function write(stream: Writable, parts: readonly (string | Uint8Array)[]): Promise<boolean> {
  for (const part of parts) {
    const error = await new Promise<Error | null | undefined>((resolve) => {
      stream.write(part, resolve);
    });
    if (error) return false;
  }
  return true;
}
