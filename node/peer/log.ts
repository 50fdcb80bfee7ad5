/**
 * Logs of a native peer: pino on stderr (stdout belongs to events). Levels mean: error = an operator must act; warn =
 * degraded but working; info = a change of state; debug = the rest, all noise that other peers cause included.
 */
import { format } from 'node:util'
import type { Logger } from '@libp2p/interface'
import pino from 'pino'
import pretty from 'pino-pretty'

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export function openLog(level: LogLevel): pino.Logger {
  const terminal = process.stderr.isTTY === true
  const stream = terminal ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }) : pino.destination({ dest: 2, sync: true })
  return pino({ level, base: undefined }, stream)
}

/** A logger as libp2p's components take it, under a name. */
export function componentLogger(log: pino.Logger, name: string): Logger {
  const child = log.child({ name })
  const text = (template: unknown, args: unknown[]): string => format(String(template).replaceAll('%p', '%s').replaceAll('%e', '%s'), ...args)
  const logger = ((template: unknown, ...args: unknown[]) => child.debug(text(template, args))) as Logger
  logger.error = (template: unknown, ...args: unknown[]) => child.error(text(template, args))
  logger.trace = (template: unknown, ...args: unknown[]) => child.trace(text(template, args))
  logger.newScope = (scope: string) => componentLogger(log, `${name}:${scope}`)
  Object.defineProperty(logger, 'enabled', { get: () => child.isLevelEnabled('debug') })
  return logger
}
