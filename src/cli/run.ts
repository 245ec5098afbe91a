import { unused } from '../config/references.ts';
import { LineLogger } from '../service/logger.ts';
import { Service } from '../service/service.ts';
import { TelemetryRegistry } from '../service/telemetry.ts';
import type { Arguments } from './arguments.ts';
import { readConfig } from './read_config.ts';
import { buildInfo } from './version.ts';

/** Time to hand everything over after SIGTERM: well inside a pod's default grace period of 30 s. */
const DRAIN_MS = 15_000;

/** Runs until a signal or a fatal error; resolves to the exit code. Throws when it cannot start. */
export async function run(args: Arguments): Promise<number> {
  // Before anything is read: a signal during the start ends the start.
  const stop = stopSignal();
  const { config, warnings } = await readConfig(args);
  const { level, encoding } = config.telemetry.logs;
  const logger = new LineLogger({ level, encoding, write: (line) => process.stderr.write(line) }, 'service/service.ts');
  for (const { message, fields } of warnings) logger.warn(message, fields);
  for (const message of unused(config)) logger.warn(message);
  logger.info('Starting sonde...', { Version: buildInfo.version, pid: process.pid });
  const service = new Service({ config, logger, telemetry: new TelemetryRegistry(), buildInfo, fail: stop.fail });
  try {
    await service.start();
  } catch (error) {
    await service.shutdown(performance.now());
    throw error;
  }
  logger.info('Everything is ready. Begin running and processing data.');
  const reason = await stop.reason;
  if (reason instanceof Error) logger.error('Asynchronous error received, terminating process', { error: reason });
  else logger.info('Received signal from OS', { signal: reason });
  logger.info('Starting shutdown...');
  await service.shutdown(performance.now() + DRAIN_MS);
  logger.info('Shutdown complete.');
  return reason instanceof Error ? 1 : 0;
}

interface Stop {
  readonly reason: Promise<NodeJS.Signals | Error>;
  readonly fail: (error: Error) => void;
}

/** The first signal drains, the second ends the process at once. */
function stopSignal(): Stop {
  let settle: (reason: NodeJS.Signals | Error) => void = () => undefined;
  const reason = new Promise<NodeJS.Signals | Error>((resolve) => {
    settle = resolve;
  });
  // Signal handlers alone do not keep the process: a Sonde whose receivers are all idle would end.
  setInterval(() => undefined, 2 ** 30);
  let signals = 0;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (++signals > 1) process.exit(1);
      settle(name);
    });
  }
  return { reason, fail: (error) => settle(error) };
}
