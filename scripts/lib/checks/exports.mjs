// A value that only its own file uses is not exported.
import { readFileSync } from 'node:fs';
import { inRoot } from '../root.mjs';
import { treeFiles } from '../tree.mjs';

const VALUE = /^export (?:async )?(?:const|let|function\*?|(?:abstract )?class) (\w+)/gm;

export const deadExports = {
  name: 'exports',
  run: () => {
    const files = treeFiles((path) => /^(src|test|bench|scripts)\/.*\.m?ts$|^(bench|scripts)\/.*\.mjs$/.test(path));
    const users = new Map();
    const texts = new Map(files.map((path) => [path, readFileSync(inRoot(path), 'utf8')]));
    for (const [path, text] of texts) {
      for (const word of new Set(text.match(/\w+/g))) users.set(word, users.has(word) ? '' : path);
    }
    return [...texts]
      .filter(([path]) => path.startsWith('src/') && !path.endsWith('.gen.ts'))
      .flatMap(([path, text]) =>
        [...text.matchAll(VALUE)]
          .filter(([, name]) => users.get(name) === path)
          .map(([, name]) => `${path} exports ${name}, which no other file uses`),
      );
  },
};
