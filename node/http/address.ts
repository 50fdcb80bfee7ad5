/**
 * `HOST:PORT` as people type it, and the URL that it becomes.
 */
import { isIPv4, isIPv6 } from 'node:net'

export interface HttpAddress {
  /** A name or an IP address, without brackets. */
  readonly host: string
  /** 0 = a free one. */
  readonly port: number
}

/** Null for what cannot be read. `[::1]:8080`, `localhost:0`, `0.0.0.0:80`. */
export function parseHttpAddress(text: string): HttpAddress | null {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]/@\s]+)):(\d{1,5})$/.exec(text.trim()) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) return null
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : null
  if (plain === undefined) return null
  // Four numbers are an address or a mistake, never a name.
  if (/^[\d.]+$/.test(plain)) return isIPv4(plain) ? { host: plain, port } : null
  return /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(plain) ? { host: plain, port } : null
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Where a browser on this machine finds the server. WebGPU exists on loopback without TLS, so that is what is told. */
export function urlOf(scheme: 'http' | 'https', { host, port }: HttpAddress): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/`
}
