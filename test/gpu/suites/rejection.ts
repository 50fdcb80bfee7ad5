import { expect } from 'vitest'
import { KernelError } from '../../../kernels/index.ts'

/** The error that work ends with, which must be one of the kernels' own. */
export async function rejection(work: Promise<unknown>): Promise<KernelError> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(KernelError)
  return error as KernelError
}
