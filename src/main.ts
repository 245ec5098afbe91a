import { parseArguments, UsageError } from './cli/arguments.ts';
import { usage } from './cli/usage.ts';
import { version } from './cli/version.ts';

/** Commands are loaded when they are called, so that a running Sonde holds only what it needs. */
async function main(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args);
  switch (parsed.command) {
    case 'help':
      process.stdout.write(usage(parsed.about));
      return 0;
    case 'version':
      process.stdout.write(`sonde version ${version}\n`);
      return 0;
    case 'components': {
      const [{ components }, { registry }] = await Promise.all([
        import('./cli/components.ts'),
        import('./registry.ts'),
      ]);
      process.stdout.write(await components(registry));
      return 0;
    }
    case 'doctor': {
      const { doctor } = await import('./cli/doctor.ts');
      return doctor(parsed, process.stdout);
    }
    case 'print-config': {
      const { printConfig } = await import('./cli/print_config.ts');
      process.stdout.write(await printConfig(parsed));
      return 0;
    }
    case 'featuregate': {
      const text = parsed.gates.text(parsed.gate);
      if (text === undefined) throw new Error(`feature "${parsed.gate}" not found`);
      process.stdout.write(text);
      return 0;
    }
    case 'replay': {
      const { replay } = await import('./cli/replay.ts');
      return replay(parsed.replay, process);
    }
    case 'validate':
      process.stderr.write(await (await import('./cli/validate.ts')).validate(parsed));
      return 0;
    default:
      return (await import('./cli/run.ts')).run(parsed);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) {
    process.stderr.write("Run 'sonde --help' for usage.\n");
  }
  process.exitCode = 1;
}
// A worker or a socket that lingers must not keep a process that is done.
process.exit();
