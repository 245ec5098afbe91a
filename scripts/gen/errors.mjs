// src/errors.ts → docs/errors.md, so that a message can be looked up. With --check: exits 1 if the page differs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = `${root}docs/errors.md`;

const result = await build({ entryPoints: [`${root}src/errors.ts`], bundle: true, write: false, format: 'esm' });
const code = Buffer.from(result.outputFiles[0].contents).toString('base64');
const { errors } = await import(`data:text/javascript;base64,${code}`);

const cell = (text) => text.replaceAll('|', '\\|');
const rows = Object.entries(errors).map(
  ([name, { message, remedy }]) => `| \`${name}\` | ${cell(message)} | ${cell(remedy)} |`,
);
const text = `# Errors

Sonde says what is wrong and what to do about it, and ends with exit code 1; it throws only while it is configured and started.
While data flows, what goes wrong is counted (the ledgers, see [ARCHITECTURE.md](../ARCHITECTURE.md)) and logged.

**Configuration.** Everything that is wrong with the files is told at once, a line each: \`FILE:LINE:COLUMN: key::path: problem (remedy)\`.
A value that came by an option or from the environment names that instead of a file. \`sonde validate\` tells the same without a start; a component that fails
at its start (a port that is taken, a certificate that is not there) is told with its place, too.

**Upstream.** \`Exporting failed\` has the reason, and in brackets what it means: no TLS there, TLS expected, no such host, gRPC's port for HTTP's. It is tried again until
\`retry_on_failure\` gives it up; then the number of items that are lost is told and counted.

**Kernel.** A receiver with \`required: false\` logs the message and Sonde goes on without it; \`sonde doctor\` tells more.

| Code | Message | Remedy |
|---|---|---|
${rows.join('\n')}

<!-- Written by scripts/gen/errors.mjs from src/errors.ts. -->
`;

if (process.argv.includes('--check')) {
  if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    console.error('docs/errors.md does not match src/errors.ts: run node scripts/gen/errors.mjs');
    process.exit(1);
  }
} else {
  mkdirSync(`${root}docs`, { recursive: true });
  writeFileSync(page, text);
}
