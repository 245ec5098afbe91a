// The addon under the sanitizers (scripts/asan.sh): each scenario counts as a test.
import { asRoot, isRoot } from './run.mjs';

export function asan() {
  if (!isRoot && !asRoot('true', []).ok) {
    console.log('SKIPPED scripts/asan.sh: needs root, and sudo -n refused');
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const { ok, stdout, stderr } = asRoot('env', [`PATH=${process.env.PATH}`, 'scripts/asan.sh'], { capture: true });
  const passed = stdout.split('\n').filter((line) => /^asan: \w+ passed$/.test(line)).length;
  if (!ok) {
    console.log(`FAILED scripts/asan.sh\n${stdout}${stderr}`);
  }
  return { passed, failed: ok ? 0 : 1 };
}
