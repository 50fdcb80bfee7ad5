/**
 * Options that several commands share, and how their values are read. A flag that cannot be read is a usage error that
 * repeats what was typed.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type HttpAddress, parseHttpAddress } from '../http/address.ts'

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const
type LogLevel = (typeof LOG_LEVELS)[number]

/** Every command has these. */
export interface CommonOptions {
  readonly json?: boolean
  readonly logLevel: LogLevel
}

export interface DeviceOptions {
  readonly gpu: string
  readonly memoryLimit?: number
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'machine-readable output on stdout: one JSON object per line')
    .addOption(new Option('--log-level <level>', 'what is logged to stderr; debug adds stack traces').choices(LOG_LEVELS).default('warn'))
}

export function withDeviceOptions(command: Command): Command {
  return command
    .option('--gpu <name>', 'adapter to use: auto, or part of its name', 'auto')
    .option('--memory-limit <bytes>', 'GPU memory to use at most, such as 2GiB', parseBytes)
}

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  tib: 2 ** 40,
}

/** `1048576`, `512MiB`, `2 GiB`, `1.5GB`. */
export function parseBytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = FACTORS[unit.toLowerCase()]
  const bytes = Number(digits) * (factor ?? Number.NaN)
  if (digits === '' || !Number.isFinite(bytes) || bytes < 1) throw new InvalidArgumentError('must be a number of bytes such as 1048576, 512MiB or 2GiB.')
  return Math.floor(bytes)
}

/** `127.0.0.1:8080`, `[::1]:0`, `off` (not null: commander takes that for "no value"). */
export function parseHttp(text: string): HttpAddress | 'off' {
  if (text === 'off') return 'off'
  const address = parseHttpAddress(text)
  if (address === null) throw new InvalidArgumentError('must be HOST:PORT such as 127.0.0.1:8080 (port 0 = a free one), or off.')
  return address
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number of at least 1.')
  return value
}
