import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

/**
 * Reads everything, and the list of free pages by putting something that is then not kept. LMDB maps its file and believes what is in it:
 * what is damaged can end the process.
 */
const READ_ALL = `
const [library, path] = process.argv.slice(1);
const { open, ABORT } = require(library);
const root = open({ path, noSubdir: true, encoding: 'binary', maxDbs: 256, noReadAhead: true });
for (const name of root.getKeys()) for (const { value } of root.openDB({ name, encoding: 'binary' }).getRange()) value.at(-1);
root.transactionSync(() => {
  root.putSync('check', Buffer.alloc(1 << 20));
  return ABORT;
});
`;

/** In a process of its own, so that only that one ends. Throws when the file cannot be read to its end. */
export async function checkDatabase(path: string): Promise<void> {
  const library = createRequire(import.meta.url).resolve('lmdb');
  const child = spawn(process.execPath, ['-e', READ_ALL, library, path], { env: {}, stdio: 'ignore' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`it is damaged: reading it ended with ${signal ?? code}`);
}
