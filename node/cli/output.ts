/**
 * How a command talks: results on stdout, everything else on stderr. With `--json` stdout carries JSON and nothing else.
 * `runCommand` is the frame around every command: it turns failures into one line and an exit code, and ends the process
 * when stdout has been written out (Dawn's threads would keep it alive).
 */
import { type EventSink, humanSink, jsonLine, jsonSink } from '../events/index.ts'
import type { CommonOptions } from './args.ts'
import { EXIT_OK, failureOf } from './errors.ts'

export interface Output {
  readonly json: boolean
  readonly debug: boolean
  readonly events: EventSink
  /** The answer of a command: `value` for programs, `text` for people. */
  result(value: unknown, text: string): void
}

function outputOf({ json = false, logLevel }: CommonOptions): Output {
  const events = json ? jsonSink(process.stdout) : humanSink({ stdout: process.stdout, stderr: process.stderr })
  return {
    json,
    debug: logLevel === 'debug' || logLevel === 'trace',
    events,
    result: (value, text) => process.stdout.write(`${json ? JSON.stringify(value) : text}\n`),
  }
}

/** `work` may return an exit code other than 0. Never returns: the process ends. */
export async function runCommand(options: CommonOptions, work: (output: Output) => Promise<number | undefined>): Promise<never> {
  const output = outputOf(options)
  let exitCode: number = EXIT_OK
  try {
    exitCode = (await work(output)) ?? EXIT_OK
  } catch (error) {
    output.events.close()
    exitCode = reportFailure(error, { json: output.json, debug: output.debug })
  }
  output.events.close()
  return leave(exitCode)
}

/** One line on stderr; with `--json` an `error` event on stdout too; the stack only for who asked for it. */
export function reportFailure(error: unknown, { json, debug }: { json: boolean; debug: boolean }): number {
  const { code, message, exitCode } = failureOf(error)
  if (json) process.stdout.write(jsonLine({ event: 'error', code, message }, new Date()))
  process.stderr.write(`cyxwiz: ${message}\n`)
  if (debug && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n${error.cause instanceof Error ? `caused by: ${error.cause.stack ?? error.cause.message}\n` : ''}`)
  return exitCode
}

export async function leave(exitCode: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    // Pipes are asynchronous on some systems: what is written must be out before the process ends.
    if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }
  process.exit(exitCode)
}

/** `cyxwiz … | head` closes the pipe early: that is no failure. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT_OK : 1))
}
