/**
 * Refuses requests that a page of another site tricks a browser into ("DNS rebinding": a name of theirs that suddenly means
 * 127.0.0.1). What is bound to loopback answers only to names that mean loopback; what is bound to an outer address is
 * for everybody who reaches it anyway.
 */
import { type HttpAddress, isLoopback } from './address.ts'

export function hostAllowed(header: string | undefined, bound: Pick<HttpAddress, 'host'>): boolean {
  if (header === undefined) return false
  const host = hostnameOf(header)
  if (host === null) return false
  if (!isLoopback(bound.host)) return true
  return host === 'localhost' || host === '127.0.0.1' || host === '::1' || host === bound.host.toLowerCase()
}

/** Without port and brackets, lower case; null for what is none. */
export function hostnameOf(header: string): string | null {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(header.trim()) ?? []
  return (bracketed ?? plain)?.toLowerCase() ?? null
}
