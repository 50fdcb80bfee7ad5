import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { KernelError } from '../../../../kernels/errors.ts'
import { fittingBatch } from '../../../../kernels/index.ts'
import { parseBytes, parseCount } from '../../../../node/cli/args.ts'
import { FailedError, failureOf, UsageError } from '../../../../node/cli/errors.ts'

import { StoreError } from '../../../../protocol/store-errors.ts'
import { SPEC } from '../../compute/fake.ts'

describe('sizes on the command line', () => {
  it('are bytes, with decimal and binary units', () => {
    expect(['1048576', '512MiB', '2 GiB', '1.5GB', '3kib', '10B'].map(parseBytes)).toEqual([1048576, 2 ** 29, 2 ** 31, 1.5e9, 3072, 10])
  })

  it('are refused when they are none', () => {
    for (const text of ['', 'GiB', '-1', '0', '1e3', '2 XiB', 'NaN', 'Infinity', '1.2.3', '0.2'])
      expect(() => parseBytes(text), text).toThrow(/number of bytes/)
    for (const text of ['0', '-3', '1.5', 'x', '1e3', '9007199254740993']) expect(() => parseCount(text), text).toThrow(/whole number/)
    expect(parseCount('12')).toBe(12)
  })
})

describe('failures', () => {
  it('blame what was given with exit code 2, everything else with 1', () => {
    const exit = (error: unknown) => failureOf(error).exitCode
    expect(exit(new UsageError('x'))).toBe(2)
    expect(exit(new FailedError('x'))).toBe(1)
    expect(exit(new KernelError('BAD_MODEL', 'x'))).toBe(2)
    expect(exit(new KernelError('OUT_OF_MEMORY', 'x'))).toBe(1)
    expect(exit(new KernelError('NO_ADAPTER', 'x', { gpu: 'auto', adapters: [] }))).toBe(1)
    expect(exit(new KernelError('NO_ADAPTER', 'x', { gpu: 'H100', adapters: ['llvmpipe'] }))).toBe(2)
    expect(exit(new StoreError('DISK_FULL', 'x'))).toBe(1)
    expect(exit(new CommanderError(1, 'commander.unknownOption', 'error: unknown option'))).toBe(2)
    expect(exit(new CommanderError(0, 'commander.help', ''))).toBe(0)
  })

  it('are one line, and a defect is called one', () => {
    expect(failureOf(new UsageError('a\n  b\n\nc')).message).toBe('a; b; c')
    expect(failureOf(new TypeError('x is undefined'))).toEqual({ code: 'INTERNAL', message: 'unexpected failure: x is undefined', exitCode: 1 })
    expect(failureOf('thrown text').message).toBe('unexpected failure: thrown text')
  })
})

describe('the batch that fits', () => {
  const room = (bytes: number) => ({ limitBytes: bytes, usedBytes: 0, freeBytes: null })

  it('is halved until it does, and refused with the numbers when not even one row fits', () => {
    expect(fittingBatch(SPEC, 1000, room(1e9))).toBe(1000)
    const smaller = fittingBatch(SPEC, 1000, room(30_000))
    expect(smaller).toBeGreaterThan(1)
    expect(smaller).toBeLessThan(1000)
    expect(fittingBatch(SPEC, 1000, { limitBytes: 1e9, usedBytes: 0, freeBytes: 30_000 }), 'what is free counts too').toBe(smaller)
    const narrow = fittingBatch(SPEC, 1000, { ...room(1e9), maxBufferSize: 8192, maxStorageBufferBindingSize: 8192 })
    expect(narrow, 'no buffer may be larger than the adapter makes').toBeLessThan(1000)
    expect(narrow).toBeGreaterThan(0)
    expect(() => fittingBatch(SPEC, 1000, { ...room(1e9), maxBufferSize: 256 })).toThrow(/buffer of \d+ bytes .* maxBufferSize is 256/)
    expect(() => fittingBatch(SPEC, 1000, room(100))).toThrow(/needs \d+ bytes .* 100 /)
  })
})
