/**
 * Runs the command that set-up was for, as if it had been started directly: same terminal, signals passed on, same exit
 * status. (`setup && command` would leave the command behind when a script runner is told to end only its shell.)
 */
import { spawn } from 'node:child_process'

/** Exit status of a process ended by a signal, as shells have it. */
const SIGNAL_NUMBERS = /** @type {Record<string, number>} */ ({
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
})

/**
 * @param {readonly string[]} command `node` means the Node that runs set-up
 * @param {Record<string, string>} env beside ours
 * @returns {Promise<number>} exit status
 */
export function runThen([program = 'node', ...args], env) {
  return new Promise((resolve) => {
    const child = spawn(program === 'node' ? process.execPath : program, args, {
      stdio: 'inherit',
      env: { ...process.env, ...env },
    })
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      // Ctrl-C on a terminal reaches the whole group: passing it on would make two of one.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, pass)
    child.on('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`)
      resolve(1)
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)))
  })
}
