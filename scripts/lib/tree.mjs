// The files a commit would hold: tracked ones and new ones that git does not ignore.
import { existsSync } from 'node:fs';
import { inRoot } from './root.mjs';
import { must } from './run.mjs';

export function treeFiles(accept = () => true) {
  const { stdout } = must('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { capture: true });
  return stdout.split('\0').filter((path) => path !== '' && existsSync(inRoot(path)) && accept(path));
}
