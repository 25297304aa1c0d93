// On what something was measured.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';

const says = (command, ...given) => execFileSync(command, given, { encoding: 'utf8' }).trim();

/** Who measured, when, and how busy the machine was. */
export function machine() {
  const [first, ...others] = cpus();
  return {
    processor: first.model,
    cores: others.length + 1,
    kernel: release(),
    load: loadavg()[0],
    rustc: says('rustc', '--version'),
    commit: says('git', 'describe', '--always', '--dirty', '--abbrev=12'),
    measured_at: new Date().toISOString(),
  };
}
