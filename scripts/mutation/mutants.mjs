// Mutants of a TypeScript source, and the source with some of them in it: each is chosen when the program runs, by `__mutant(id)`.
import { parse } from '@babel/parser';

const swapped = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '|=': ['&='],
  '&=': ['|='],
  '^=': ['&='],
  '<<=': ['>>='],
  '>>>=': ['<<='],
  '??=': ['&&='],
};
const methods = {
  min: 'max',
  max: 'min',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  toLowerCase: 'toUpperCase',
  toUpperCase: 'toLowerCase',
  some: 'every',
  every: 'some',
};
const LOOPS = new Set(['WhileStatement', 'DoWhileStatement', 'ForStatement']);
const TYPED = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression']);
/** Keys of objects and classes, names of modules: no values. */
const NAMES = new Set(['ObjectProperty', 'ObjectMethod', 'ClassProperty', 'ClassMethod', 'ImportDeclaration']);

/** What may stand in place of an expression; `text` is the source of one of its parts. */
const operators = {
  BinaryExpression: (node, text) => operator(node, text),
  LogicalExpression: (node, text) => operator(node, text),
  AssignmentExpression: (node, text) => operator(node, text),
  UpdateExpression: ({ operator: sign, argument, prefix }, text) => {
    const other = sign === '++' ? '--' : '++';
    return [prefix ? `${other}${text(argument)}` : `${text(argument)}${other}`];
  },
  UnaryExpression: ({ operator: sign, argument }, text) =>
    sign === '!' || sign === '~' || (sign === '-' && argument.type !== 'NumericLiteral') ? [text(argument)] : [],
  BooleanLiteral: ({ value }) => [String(!value)],
  StringLiteral: ({ value }) => [value === '' ? "'mutated'" : "''"],
  TemplateLiteral: () => ["''"],
  ArrayExpression: ({ elements }) => (elements.length > 0 ? ['[]'] : []),
  ObjectExpression: ({ properties }) => (properties.length > 0 ? ['{}'] : []),
  CallExpression: ({ callee, end }, text) => {
    const other = callee.type === 'MemberExpression' && !callee.computed ? methods[callee.property.name] : undefined;
    return other === undefined ? [] : [`${text(callee.object)}.${other}${text({ start: callee.property.end, end })}`];
  },
};

function operator({ left, right, operator: sign }, text) {
  const [open, close] = sign.endsWith('=') && !/^([<>]=|[=!]==)$/.test(sign) ? ['', ''] : ['(', ')'];
  return (swapped[sign] ?? []).map((other) => `${open}${text(left)}${close} ${other} (${text(right)})`);
}

const children = (node) =>
  Object.entries(node)
    .filter(([key, value]) => value !== null && typeof value === 'object' && !/omments$|^(loc|extra|errors)$/.test(key))
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((child) => [key, child]))
    .filter(([, child]) => typeof child?.type === 'string');

/** All mutants: what stands in `[start, end)` becomes `to`; without `to`, statements are left out. */
export function mutantsOf(source) {
  const found = [];
  const text = ({ start, end }) => source.slice(start, end);
  const add = (node, to) => found.push({ start: node.start, end: node.end, line: node.loc.start.line, to });
  const visit = (node, parent, key) => {
    if (TYPED.has(node.type)) return visit(node.expression, node, 'expression');
    if (/^TS|^Import|^ExportAll/.test(node.type)) return;
    const name = key === 'key' && NAMES.has(parent.type) && !parent.computed;
    const tagged = key === 'quasi' && parent.type === 'TaggedTemplateExpression';
    if (!name && !tagged) for (const to of operators[node.type]?.(node, text) ?? []) add(node, to);
    if (node.type === 'IfStatement' || node.type === 'ConditionalExpression') {
      add(node.test, 'true');
      add(node.test, 'false');
    } else if (LOOPS.has(node.type) && node.test) add(node.test, 'false');
    if (node.type === 'ArrowFunctionExpression' && node.expression) add(node.body, 'undefined');
    if (node.type === 'BlockStatement' && node.body.length > 0) add(node);
    if (node.type === 'ExpressionStatement' && node.expression.callee?.type !== 'Super') add(node);
    if (node.type === 'SwitchCase' && node.consequent.length > 0 && node.consequent[0].type !== 'BlockStatement') {
      const [first, last] = [node.consequent[0], node.consequent.at(-1)];
      if (first !== last || first.type !== 'ExpressionStatement') add({ ...first, end: last.end });
    }
    for (const [place, child] of children(node)) visit(child, node, place);
  };
  visit(parse(source, { sourceType: 'module', plugins: ['typescript'] }).program, {}, '');
  // The same range may have been found twice, as a statement and as the only one of a case.
  const unique = new Map(found.map((one) => [`${one.start} ${one.end} ${one.to}`, one]));
  return [...unique.values()]
    .map((one) => ({ ...one, from: source.slice(one.start, one.end) }))
    .filter(({ from, to }) => from !== to && from !== 'break;');
}

/** The source with mutants that have an `id`. */
export function withMutants(source, mutants) {
  const ranges = new Map();
  for (const one of mutants) {
    const key = `${one.start} ${one.end}`;
    ranges.set(key, [...(ranges.get(key) ?? []), one]);
  }
  const outermost = [...ranges.values()].sort(([a], [b]) => a.start - b.start || b.end - a.end);
  let next = 0;
  const render = (from, to) => {
    let out = '';
    let at = from;
    while (next < outermost.length && outermost[next][0].start < to) {
      const here = outermost[next++];
      const { start, end } = here[0];
      out += source.slice(at, start) + wrap(render(start, end), here);
      at = end;
    }
    return out + source.slice(at, to);
  };
  return render(0, source.length);
}

function wrap(inner, mutants) {
  const chosen = ({ id }) => `__mutant(${id})`;
  if (mutants[0].to === undefined) return `{if(!(${mutants.map(chosen).join('||')})){${inner}}}`;
  return `(${mutants.map((one) => `${chosen(one)}?(${one.to}):`).join('')}(${inner}))`;
}
