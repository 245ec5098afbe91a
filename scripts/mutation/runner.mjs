// A child process that runs mutants, watched by the CPU time it takes: a mutant that loops for ever is killed with it.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inRoot } from '../lib/root.mjs';

const TICKS_PER_SECOND = 100;
const LOOK_MS = 100;

export class Runner {
  #bundle;
  #child;

  constructor(bundle) {
    this.#bundle = bundle;
  }

  baseline() {
    this.close();
    return this.#ask({ bundle: this.#bundle }, Number.POSITIVE_INFINITY);
  }

  /** `{ killer }`, or `{ timeout: true }`, or `{ crashed: true }` */
  run(mutant, tests, cpuSeconds) {
    return this.#ask({ bundle: this.#child === undefined ? this.#bundle : undefined, mutant, tests }, cpuSeconds);
  }

  close() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #ask(message, cpuSeconds) {
    this.#child ??= fork(inRoot('scripts', 'mutation', 'child.mjs'), {
      execArgv: ['--max-old-space-size=700', '--no-warnings'],
      stdio: ['ignore', 'ignore', message.mutant === undefined ? 'inherit' : 'ignore', 'ipc'],
    });
    const child = this.#child;
    const begin = cpuTime(child.pid);
    return new Promise((resolve) => {
      const settle = (outcome) => {
        clearInterval(timer);
        child.removeAllListeners();
        resolve(outcome);
      };
      const ended = (outcome) => {
        this.close();
        settle(outcome);
      };
      const timer = setInterval(() => {
        if (cpuTime(child.pid) - begin > cpuSeconds) ended({ timeout: true });
      }, LOOK_MS);
      child.on('message', settle);
      child.on('exit', () => ended({ crashed: true }));
      child.send(message);
    });
  }
}

function cpuTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return (Number(user) + Number(system)) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}
