/**
 * The end of a process that still holds a thread nobody may end (see `neverTerminate`).
 *
 * `process.exit`, an uncaught error, `process.reallyExit`: each ends every thread first, and ending one that
 * has uWebSockets.js open aborts the process (code 134, a core file), idle or hung alike. SIGKILL to oneself
 * does not, but looks like the kernel's doing. Replacing the process by a program that only has a code ends
 * every thread at once, without clean-up, and leaves that code behind: as SIGKILL does, with a word.
 */

/** Nothing is flushed, no exit hook runs, connections are closed by the system. */
export function endProcessAtOnce(code: number): never {
  try {
    process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`], {});
  } catch {
    // Not on this system, or not permitted.
  }
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}
