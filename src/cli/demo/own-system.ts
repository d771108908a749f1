/** A system of the demo's own, when none is running: `npm start` as a child, stopped at the end. */
import { spawn } from 'node:child_process';
import { readConfig } from '../../config.ts';
import { progress } from '../command.ts';

export interface OwnSystem {
  readonly url: string;
  stop(): Promise<void>;
}

export const localUrl = (): string => `http://127.0.0.1:${readConfig().PORT}`;

export async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/v1/time`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** Resolves when the system says it runs; rejects with its exit code if it ends before. */
export function startOwnSystem(): Promise<OwnSystem> {
  const { projectDir } = readConfig();
  progress('nothing is running here: starting a system for the demo');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['scripts/start.mjs'], {
      cwd: projectDir,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const exited = new Promise<void>((done) => child.once('exit', () => done()));
    child.once('exit', (code) => reject(new Error(`the system ended with ${code} before it was ready`)));
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      await exited;
    };
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2_000);
      if (output.includes('Touchline is running')) resolve({ url: localUrl(), stop });
    });
  });
}
