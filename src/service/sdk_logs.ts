import { SeverityNumber } from '@opentelemetry/api-logs';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  ConsoleLogRecordExporter,
  LoggerProvider,
  type LogRecordExporter,
  type LogRecordProcessor,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import type { ProcessorConfig, PushExporter } from '../config/telemetry.ts';
import type { Logger } from './component.ts';
import type { Level, LogRecord } from './logger.ts';
import { OtlpExporter } from './own_otlp_exporter.ts';
import type { OwnAttributes } from './own_resource.ts';
import { batchLimits } from './sdk_batch.ts';
import { withinTime } from './within_time.ts';

/** Lines as log records, through the SDK. Loaded only when the configuration has a processor of logs. */
interface RunningLogs {
  readonly emit: (record: LogRecord) => void;
  close(deadline: number): Promise<void>;
}

const severities: Readonly<Record<Level, SeverityNumber>> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

/** `logger`: for what goes wrong here; it must not emit records itself. */
export async function startLogs(
  configs: readonly ProcessorConfig[],
  resource: OwnAttributes,
  logger: Logger,
): Promise<RunningLogs> {
  const closers: (() => void)[] = [];
  const processors = await Promise.all(configs.map((each) => processorOf(each, logger, closers)));
  const provider = new LoggerProvider({ resource: resourceFromAttributes(resource), processors });
  // The Collector's scope.
  const own = provider.getLogger('go.opentelemetry.io/collector/service');
  return {
    emit: ({ level, time, message, fields }) =>
      own.emit({
        severityNumber: severities[level],
        severityText: level,
        timestamp: time,
        body: message,
        attributes: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, attributeOf(value)])),
      }),
    close: async (deadline) => {
      await withinTime(provider.shutdown(), deadline);
      for (const end of closers) end();
    },
  };
}

function attributeOf(value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Error) return value.message;
  return typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? 'null');
}

async function processorOf(
  { batch, simple }: ProcessorConfig,
  logger: Logger,
  closers: (() => void)[],
): Promise<LogRecordProcessor> {
  if (batch === undefined) {
    return new SimpleLogRecordProcessor({ exporter: await exporterOf(simple?.exporter ?? {}, logger, closers) });
  }
  const exporter = await exporterOf(batch.exporter, logger, closers);
  return new BatchLogRecordProcessor({ exporter, ...batchLimits(batch, 1000) });
}

async function exporterOf({ otlp }: PushExporter, logger: Logger, closers: (() => void)[]): Promise<LogRecordExporter> {
  if (otlp === undefined) return new ConsoleLogRecordExporter();
  const serializers = { json: JsonLogsSerializer, protobuf: ProtobufLogsSerializer };
  return OtlpExporter.open(otlp, 'logs', serializers, logger, closers);
}
