import { unused } from '../config/references.ts';
import type { TelemetryConfig } from '../config/telemetry.ts';
import { ConfigWatcher } from '../config/watch.ts';
import type { LineLogger } from '../service/logger.ts';
import { OwnTelemetry } from '../service/own_telemetry.ts';
import { Service } from '../service/service.ts';
import type { Arguments } from './arguments.ts';
import { type ReadConfig, readConfig } from './read_config.ts';
import { buildInfo } from './version.ts';

/** Runs until a signal or a fatal error; resolves to the exit code. Throws when it cannot start. */
export async function run(args: Arguments): Promise<number> {
  // Before anything is read: a signal during the start ends the start.
  const stop = stopSignal();
  const files = new Map<string, string>();
  const { config, warnings } = await readConfig(args, files);
  const telemetry = await OwnTelemetry.start(config.telemetry, buildInfo);
  const logger = telemetry.logger.with('service/service.ts', {});
  tell(logger, warnings, unused(config));
  logger.info('Starting sonde...', { Version: buildInfo.version, pid: process.pid });
  const service = new Service({
    config,
    logger,
    telemetry: telemetry.registry,
    tracing: telemetry.tracing,
    buildInfo,
    fail: stop.fail,
  });
  try {
    await service.start();
  } catch (error) {
    await service.shutdown(performance.now());
    await telemetry.shutdown(performance.now());
    throw error;
  }
  logger.info('Everything is ready. Begin running and processing data.');
  const reloads = new Reloads(args, service, telemetry, logger);
  reloads.follow(files);
  stop.onHangUp(() => reloads.wanted('SIGHUP'));
  const reason = await stop.reason;
  reloads.close();
  if (reason instanceof Error) logger.error('Asynchronous error received, terminating process', { error: reason });
  else logger.info('Received signal from OS', { signal: reason });
  logger.info('Starting shutdown...');
  const deadline = performance.now() + args.shutdownMs;
  await service.shutdown(deadline);
  await telemetry.shutdown(deadline);
  logger.info('Shutdown complete.');
  return reason instanceof Error ? 1 : 0;
}

function tell(logger: LineLogger, warnings: ReadConfig['warnings'], idle: readonly string[]): void {
  for (const { message, fields } of warnings) logger.warn(message, fields);
  for (const message of idle) logger.warn(message);
}

/** On SIGHUP and when a file of the configuration has changed: one at a time, the last word wins. */
class Reloads {
  readonly #args: Arguments;
  readonly #service: Service;
  readonly #telemetry: OwnTelemetry;
  readonly #logger: LineLogger;
  readonly #watcher = new ConfigWatcher({ changed: () => this.wanted('a file of the configuration has changed') });
  #running = false;
  #again: string | undefined;
  #closed = false;
  #files: ReadonlyMap<string, string> = new Map();

  constructor(args: Arguments, service: Service, telemetry: OwnTelemetry, logger: LineLogger) {
    this.#args = args;
    this.#service = service;
    this.#telemetry = telemetry;
    this.#logger = logger;
  }

  follow(files: ReadonlyMap<string, string>): void {
    this.#files = files;
    this.#watcher.follow(files);
  }

  close(): void {
    this.#closed = true;
    this.#watcher.close();
  }

  wanted(reason: string): void {
    if (this.#closed) return;
    if (this.#running) this.#again = reason;
    else void this.#run(reason);
  }

  async #run(reason: string): Promise<void> {
    this.#running = true;
    for (let why: string | undefined = reason; why !== undefined && !this.#closed; why = this.#again) {
      this.#again = undefined;
      await this.#reload(why);
    }
    this.#running = false;
  }

  /** Never rejects: what is wrong is told, and what runs goes on. */
  async #reload(reason: string): Promise<void> {
    const files = new Map<string, string>();
    let followed = files;
    try {
      this.#logger.info('Config updated, reloading', { reason });
      const { config, warnings } = await readConfig(this.#args, files);
      tell(this.#logger, warnings, unused(config));
      const { made, stopped } = await this.#service.reload(config);
      await this.#applyTelemetry(config.telemetry);
      this.#logger.info('Config reloaded', { started: made, stopped });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#logger.error('Config could not be reloaded; the one before is kept', { error: message });
      // It may not have come to all of them.
      followed = new Map([...this.#files, ...files]);
    }
    if (!this.#closed) this.follow(followed);
  }

  /** The pipelines are new already: what is wrong here is no reason to go back. */
  async #applyTelemetry(config: TelemetryConfig): Promise<void> {
    try {
      await this.#telemetry.apply(config);
    } catch (error) {
      this.#logger.error('own telemetry could not be changed; it is off until the next reload', { error });
    }
  }
}

interface Stop {
  readonly reason: Promise<NodeJS.Signals | Error>;
  readonly fail: (error: Error) => void;
  /** Called for each SIGHUP from now on, and now if one came before. */
  readonly onHangUp: (reload: () => void) => void;
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
  // Until there is something to reload, SIGHUP must not end the process, as it does by default.
  let early = false;
  let reload = (): void => {
    early = true;
  };
  process.on('SIGHUP', () => reload());
  const onHangUp = (use: () => void): void => {
    reload = use;
    if (early) use();
  };
  return { reason, fail: (error) => settle(error), onHangUp };
}
