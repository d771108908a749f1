/** A program of these benches in a process of its own that talks to its parent, and ends with it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface BenchProcess {
  readonly pid: number;
  /** The next thing it says. */
  heard(): Promise<unknown>;
  /** Everything it says from now on; undefined: nobody listens any more. */
  listen(heard: ((message: unknown) => void) | undefined): void;
  say(message: object): void;
  stop(): Promise<void>;
}

/** `file` is relative to bench/. Whatever it prints goes to this process' stderr. */
export function startProcess(
  file: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  execArgv: readonly string[] = [],
): BenchProcess {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const child: ChildProcess = fork(path, [...args], {
    env: { ...process.env, ...env },
    execArgv: [...execArgv],
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
  });
  let listener: ((message: unknown) => void) | undefined;
  return {
    pid: child.pid ?? 0,
    heard: () =>
      new Promise((resolve, reject) => {
        const ended = (): void => reject(new Error(`${file} ended`));
        child.once('exit', ended);
        child.once('message', (message) => {
          child.off('exit', ended);
          resolve(message);
        });
      }),
    listen: (heard) => {
      if (listener) child.off('message', listener);
      listener = heard;
      if (heard) child.on('message', heard);
    },
    say: (message) => void child.send(message),
    stop: () =>
      new Promise((resolve) => {
        // One that has ended by itself has said why on stderr.
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        if (child.connected) child.disconnect();
      }),
  };
}
