/**
 * The version peers tell one another; the package's own.
 */
import { createRequire } from 'node:module'

export const { version: VERSION } = createRequire(import.meta.url)('../package.json') as { version: string }
