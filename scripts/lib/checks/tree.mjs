// Checks of the files as such.
import { readFileSync } from 'node:fs';
import { staleGenerated } from '../build_gen.mjs';
import { inRoot } from '../root.mjs';
import { treeFiles } from '../tree.mjs';

export const generated = { name: 'generated files are up to date', run: staleGenerated };

export const lockfile = {
  name: 'package-lock.json names no registry',
  run() {
    const lines = readFileSync(inRoot('package-lock.json'), 'utf8').split('\n');
    return lines.flatMap((line, index) =>
      /"resolved"\s*:/.test(line)
        ? [`package-lock.json:${index + 1}: "resolved"; npm install with the .npmrc here`]
        : [],
    );
  },
};

// Written in pieces, so that this file passes its own check.
const MACHINE = new RegExp(
  [
    String.raw`(^|[^\w.])/${'work'}/`,
    `/tmp/${'brief'}`,
    String.raw`/home/[a-z]\w+/`,
    String.raw`registry\.${'npmjs'}\.org`,
    String.raw`proxy\.${'golang'}\.org`,
  ].join('|'),
);

export const machinePaths = {
  name: 'no paths or hosts of one machine',
  run: () =>
    treeFiles((path) => !/\.(png|ico|woff2?|pcap|pcapng|bin)$/.test(path)).flatMap((path) =>
      readFileSync(inRoot(path), 'utf8')
        .split('\n')
        .flatMap((line, index) => (MACHINE.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
    ),
};

const LINES_MAX = 400;

/** A warning: a reader would find two things in such a file, but the number is no law. */
export function longFiles() {
  return treeFiles((path) => /\.(ts|mjs|c|h|cc|sh)$/.test(path) && !path.endsWith('.gen.ts')).flatMap((path) => {
    const lines = readFileSync(inRoot(path), 'utf8').split('\n').length - 1;
    return lines > LINES_MAX ? [`${path}: ${lines} lines`] : [];
  });
}
