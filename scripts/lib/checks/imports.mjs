// Who may import whom: the rooms of ARCHITECTURE.md.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { inRoot } from '../root.mjs';
import { treeFiles } from '../tree.mjs';

const IMPORT = /(?:^|[^\w.])(?:import|export)\s[^'";]*?from\s*'([^']+)'|(?:^|[^\w.])import\s*\(?\s*'([^']+)'/gm;
// `helper` is what the components of a kind share.
const COMPONENT = /^src\/(receivers|processors|exporters|connectors|extensions)\/(?!helper\/)([^/]+)\//;
const REGISTRY = 'src/registry.ts';

const isIn = (path, room) => path.startsWith(`src/${room}/`);

/** [rule, does this import break it?]; `to` is a path in the tree, or a package name. */
const rules = [
  ['src never imports test', (from, to) => from.startsWith('src/') && /^(test|bench|scripts)\//.test(to)],
  [
    'wire imports only wire',
    (from, to) =>
      isIn(from, 'wire') &&
      !isIn(to, 'wire') &&
      !(/^src\/wire\/(\w+_)?semconv\.ts$/.test(from) && to.startsWith('@opentelemetry/semantic-conventions')),
  ],
  [
    'a component never imports another component',
    (from, to) => {
      const own = COMPONENT.exec(from)?.[0];
      const other = COMPONENT.exec(to)?.[0];
      return own !== undefined && other !== undefined && own !== other;
    },
  ],
  [
    'only registry.ts imports factories',
    (from, to) => from.startsWith('src/') && COMPONENT.test(to) && to.endsWith('/factory.ts') && from !== REGISTRY,
  ],
];

function importsOf(path) {
  const text = readFileSync(inRoot(path), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => {
    const name = match[1] ?? match[2];
    return name.startsWith('.') ? normalize(join(dirname(path), name)) : name;
  });
}

export const importRules = {
  name: 'import rules',
  run: () =>
    treeFiles((path) => /^(src|test|bench)\/.*\.ts$/.test(path)).flatMap((from) => [
      ...importsOf(from).flatMap((to) =>
        rules.filter(([, broken]) => broken(from, to)).map(([rule]) => `${from} imports ${to}: ${rule}`),
      ),
      ...(from.startsWith('src/') &&
      !isIn(from, 'kernel') &&
      /\bsonde\.node\b|\bnode-gyp-build\b/.test(readFileSync(inRoot(from), 'utf8'))
        ? [`${from} names the addon: only src/kernel/ imports it`]
        : []),
    ]),
};
