// Stands for @jest/globals in the bundle of tests: collects them, so that those that reach a mutant can be run alone.
import { expect } from 'expect';

const found = [];
const prefix = [];

export { expect };

export function test(name, run) {
  found.push({ name: [...prefix, name].join(' › '), run });
}

export function describe(name, run) {
  prefix.push(name);
  run();
  prefix.pop();
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
