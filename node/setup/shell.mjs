/**
 * Runs other programs for set-up: always with a time limit, never with a shell, never with our stdin, and with a sign
 * of life on stderr while a long step runs. Their output is captured, so that it can be quoted when they fail.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { say } from './report.mjs'

/** A person starts to wonder after about this long without a line. */
const SIGN_OF_LIFE_MS = 10_000
/** Between asking a program to end and ending it: package managers need a moment to release their locks. */
const KILL_GRACE_MS = 5_000
/** Enough to quote an error; npm and apt can print megabytes. */
const KEPT_OUTPUT_CHARS = 200_000

/**
 * @typedef {object} RunResult
 * @property {number | null} code exit status, null when it never started or was ended by a signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {boolean} timedOut
 * @property {boolean} ok exit status 0
 */

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ timeoutMs: number, label?: string, cwd?: string, env?: NodeJS.ProcessEnv }} options `label`: what the sign
 *   of life calls this step; without one the step is silent
 * @returns {Promise<RunResult>} never rejects
 */
export function run(command, args, { timeoutMs, label, cwd, env }) {
  return new Promise((resolve) => {
    const startedMs = Date.now()
    let stdout = ''
    let stderr = ''
    let timedOut = false
    let settled = false
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] })
    const alive = setInterval(() => {
      if (label !== undefined) say(`${label} … ${Math.round((Date.now() - startedMs) / 1000)} s`)
    }, SIGN_OF_LIFE_MS)
    /** @type {NodeJS.Timeout | undefined} */
    let killTimer
    const limit = setTimeout(() => {
      timedOut = true
      child.kill('SIGTERM')
      killTimer = setTimeout(() => child.kill('SIGKILL'), KILL_GRACE_MS)
    }, timeoutMs)
    /** @param {number | null} code */
    const finish = (code, note = '') => {
      if (settled) return
      settled = true
      clearInterval(alive)
      clearTimeout(limit)
      clearTimeout(killTimer)
      resolve({ code, stdout, stderr: stderr + note, timedOut, ok: code === 0 && !timedOut })
    }
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout = (stdout + text).slice(-KEPT_OUTPUT_CHARS)
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr = (stderr + text).slice(-KEPT_OUTPUT_CHARS)
    })
    child.on('error', (error) => finish(null, error.message))
    child.on('close', (code) => finish(code))
  })
}

/**
 * Why a step failed, in a line: its time limit, or the last thing it said.
 * @param {RunResult} result
 */
export function reasonOf(result) {
  if (result.timedOut) return 'it took longer than its time limit'
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').map((line) => line.trim())
  const telling = lines.filter((line) => line !== '' && !/^(npm error (code|A complete log)|npm error\s*$|Reading |Building )/.test(line))
  const errors = telling.filter((line) => /^(E:|Err:|npm error|error)/i.test(line))
  return (errors[0] ?? telling.at(-1) ?? `exit status ${result.code}`).slice(0, 300)
}

/**
 * Full path of a program on PATH, or null.
 * @param {string} name
 */
export function which(name) {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : ['']
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const ending of endings) {
      const path = join(folder, name + ending)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // not here
      }
    }
  }
  return null
}
