/**
 * Protocol ids and gossip topics. All carry the protocol version, and topics the mesh's name, so that other versions and
 * other meshes on the same network never mix.
 */
import { PROTOCOL_VERSION } from '../wire/constants.ts'

const PREFIX = `/cyxwiz/${PROTOCOL_VERSION}`

/** Streams are kept per mesh, too: a peer of another mesh cannot open one. */
export function protocolId(mesh: string, name: 'raft' | 'job' | 'collective' | 'content' | 'control' | 'presence'): string {
  return `${PREFIX}/${mesh}/${name}`
}

export function topicName(mesh: string, name: 'presence' | 'digest' | 'claim' | 'commit' | 'offer'): string {
  return `${PREFIX}/${mesh}/${name}`
}

/** Progress of one job; subscribed to by whoever watches it. */
export function progressTopic(mesh: string, jobId: string): string {
  return `${PREFIX}/${mesh}/progress/${jobId}`
}

const MESH_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Throws a RangeError that names the rule. */
export function checkMeshName(name: string): string {
  if (!MESH_NAME.test(name)) throw new RangeError(`mesh name: must be 1-63 characters of a-z, 0-9 and -, got ${JSON.stringify(name)}`)
  return name
}
