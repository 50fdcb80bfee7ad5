/** What was pasted, as a place to join: a join link, or one or more addresses and the mesh they are of. */
import type { JoinTarget } from '../session/types.ts'

/** What native peers join where nothing else is said. */
export const DEFAULT_MESH = 'cyxwiz'

export async function targetOfText(text: string, mesh: string): Promise<JoinTarget> {
  const pasted = text.trim()
  if (pasted === '') throw new Error('nothing was pasted: a join link or an address of a peer goes here')
  const { targetOfFragment } = await import('../session/join-target.ts')
  const at = pasted.indexOf('#')
  if (at >= 0) {
    const target = targetOfFragment(pasted.slice(at))
    if (target === null) throw new Error('this link is not a join link: it should hold #/join?mesh=…&via=…')
    return target
  }
  const addresses = pasted.split(/[\s,]+/)
  const bad = addresses.find((address) => !address.startsWith('/'))
  if (bad !== undefined) throw new Error(`${bad} is neither a join link nor an address: addresses look like /ip4/192.0.2.1/tcp/4002/ws/p2p/12D3…`)
  const { parseDialAddress } = await import('../peer/addresses.ts')
  for (const address of addresses) parseDialAddress(address)
  return { mesh, addresses }
}
