// Stands for @jest/globals in the bundle of tests: collects them, so that those that reach a mutant can be run alone.
import { expect } from 'expect';

const found = [];
const prefix = [];
/** Of the file that is loaded. */
let hooks = { before: [], after: [] };

export { expect };

export function test(name, run) {
  const { before, after } = hooks;
  const hooked = async () => {
    for (const hook of before) await hook();
    try {
      await run();
    } finally {
      for (const hook of after) await hook();
    }
  };
  found.push({ name: [...prefix, name].join(' › '), run: hooked });
}

export function describe(name, run) {
  prefix.push(name);
  run();
  prefix.pop();
}

export const beforeEach = (hook) => hooks.before.push(hook);
export const afterEach = (hook) => hooks.after.push(hook);

export function endOfFile() {
  hooks = { before: [], after: [] };
}

const each = (register) => (table) => (name, run) => {
  table.forEach((row, at) => {
    const values = Array.isArray(row) ? row : [row];
    register(`${name} [${typeof values[0] === 'object' ? at : values[0]}]`, () => run(...values));
  });
};
test.each = each(test);
describe.each = each(describe);

/** The tests since the last call. */
export function collected() {
  return found.splice(0);
}
