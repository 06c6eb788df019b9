import { spawnSync } from 'node:child_process';

/** Whether a program can be started; tests that need an absent one are skipped and say so. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--help']).error === undefined;
}

/** Runs a program to its end. Throws with what it printed when it fails. */
export function run(program: string, parameters: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')}: ${error?.message ?? stderr + stdout}`);
  return stdout;
}
