import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';

const folders = ['src', 'docs', 'config', 'bpf', 'native', 'test', 'bench', 'scripts'];
const pages = [
  ...readdirSync('.'),
  ...folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ),
].filter((name) => name.endsWith('.md') && !name.includes('node_modules'));

/** As GitHub makes it of a heading. */
const anchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');

test.each(pages)('what %s links to is there', (page) => {
  const text = readFileSync(page, 'utf8');
  const broken: string[] = [];
  for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(link)) continue;
    const [path = '', heading] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(target)) broken.push(link);
    else if (heading !== undefined) {
      const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchor(title));
      if (!headings.includes(heading)) broken.push(link);
    }
  }
  expect(broken).toEqual([]);
});

/** Of files, by path or by name alone; a placeholder such as `<name>.ts` names none. */
test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])('the files that %s names are there', (page) => {
  const text = readFileSync(page, 'utf8').replaceAll(/```[\s\S]*?```/g, '');
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join('/', folder, name)),
  );
  const named = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|h|c|json|sh))`/g)].map(([, path = '']) => path);
  expect(named.filter((path) => !files.some((file) => file.endsWith(`/${path}`)))).toEqual([]);
});

test('docs/metrics.md has every metric of components', () => {
  const page = readFileSync('docs/metrics.md', 'utf8');
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const metrics = sources.flatMap((name) =>
    [...readFileSync(join('src', name), 'utf8').matchAll(/\.(?:counter|observable)\(\s*'([\w.]+)'/g)].map(
      ([, metric]) => metric,
    ),
  );
  expect(metrics).toContain('sonde.receiver.rejects');
  expect(metrics.filter((metric) => metric?.startsWith('sonde.') && !page.includes(`\`${metric}\``))).toEqual([]);
});
