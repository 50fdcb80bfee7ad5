/**
 * Where to join: links (`#/join?mesh=NAME&via=MULTIADDR`), pasted addresses, and what the page's own server tells.
 */
import { checkMeshName } from '../../protocol/mesh/names.ts'
import { AddressError, parseDialAddress } from '../peer/addresses.ts'
import type { JoinTarget } from './types.ts'

const ASK_SERVER_TIMEOUT_MS = 3000

/** Null where the fragment is no join link; throws `AddressError` where it is a broken one. */
export function targetOfFragment(fragment: string): JoinTarget | null {
  const match = /^#?\/join\?(.*)$/.exec(fragment)
  if (match === null) return null
  const query = new URLSearchParams(match[1])
  const mesh = query.get('mesh') ?? ''
  try {
    checkMeshName(mesh)
  } catch {
    throw new AddressError(`this link names no mesh that can be joined (mesh=${JSON.stringify(mesh)}): ask for a new one`)
  }
  const addresses = query.getAll('via')
  if (addresses.length === 0) throw new AddressError('this link names no address to join through: ask for a new one')
  for (const address of addresses) parseDialAddress(address)
  return { mesh, addresses }
}

/** The fragment is never sent to a server: who hosts the page does not learn of the mesh. */
export function linkOf(page: URL, { mesh, addresses }: JoinTarget): string {
  const query = new URLSearchParams([['mesh', mesh], ...addresses.map((address): [string, string] => ['via', address])])
  return `${page.origin}${page.pathname}#/join?${query.toString()}`
}

/** What the server of this page says of its own mesh; null where it is a static host. */
export async function targetOfServer(page: URL): Promise<JoinTarget | null> {
  try {
    const response = await fetch(new URL('api/mesh', page), { signal: AbortSignal.timeout(ASK_SERVER_TIMEOUT_MS), cache: 'no-store' })
    if (!response.ok || !(response.headers.get('content-type') ?? '').includes('json')) return null
    const { mesh, addresses } = (await response.json()) as { mesh?: unknown; addresses?: unknown }
    if (typeof mesh !== 'string' || !Array.isArray(addresses)) return null
    return { mesh: checkMeshName(mesh), addresses: addresses.filter((address): address is string => typeof address === 'string' && canDial(address)) }
  } catch {
    return null
  }
}

/** Of the server's addresses some are for native peers only. */
function canDial(address: string): boolean {
  try {
    parseDialAddress(address)
    return true
  } catch {
    return false
  }
}
