/**
 * Where a native peer can be reached: the addresses it listens on, with the ports, certificates and transports they need.
 */
import { isIPv4 } from 'node:net'
import type { PrivateKey } from '@libp2p/interface'
import type pino from 'pino'
import type { Mesh } from '../../protocol/mesh/mesh.ts'
import type { KeyValueStore } from '../../protocol/store.ts'
import type { HttpAddress } from '../http/address.ts'
import { isLoopback } from '../http/address.ts'
import { ownTls, type Tls, type TlsFiles, tlsFromFiles } from '../http/tls.ts'
import { listening, parseAddress } from './addresses.ts'
import { createNativeMesh, LAN_LISTEN, LOOPBACK_LISTEN } from './native-mesh.ts'
import { rememberPorts, withRememberedPorts, withUdpPorts } from './ports.ts'
import { isWebRtcDirect, loadWebRtc, type WebRtcPackage, webRtcListener } from './webrtc.ts'

export interface ReachableOptions {
  readonly mesh: string
  /** Instead of the default addresses. */
  readonly listen: readonly string[]
  readonly lan: boolean
  /** An https page can dial by WebSockets only where they have TLS too. */
  readonly https: HttpAddress | null
  readonly tlsFiles: TlsFiles | null
}

export interface Reachable {
  readonly libp2p: Mesh
  readonly addresses: string[]
  /** Of the https page and of `/tls/ws`; null where neither was asked for. */
  readonly tls: Tls | null
}

/** What to listen on; throws for an address that cannot be read. */
export function listenAddresses({ listen, lan, https }: ReachableOptions): readonly string[] {
  for (const address of listen) parseAddress(address, '--listen')
  if (listen.length > 0) return listen
  return [...(lan ? LAN_LISTEN : LOOPBACK_LISTEN), ...(https === null ? [] : [`/ip4/${secureHost(https, lan)}/tcp/0/tls/ws`])]
}

/** Where the https page can be seen, and nowhere else: who names one address of this machine did not ask for the others. */
function secureHost({ host }: HttpAddress, lan: boolean): string {
  if (lan) return '0.0.0.0'
  if (isLoopback(host)) return '127.0.0.1'
  return isIPv4(host) ? host : '0.0.0.0'
}

/** Loading takes a moment of CPU time: to be started while something else is waited for. */
export async function loadTransports(options: ReachableOptions, log: pino.Logger): Promise<WebRtcPackage | null> {
  if (!listenAddresses(options).some(isWebRtcDirect)) return null
  const level = options.listen.some(isWebRtcDirect) ? 'warn' : 'debug'
  return loadWebRtc((reason) => log[level](`no WebRTC on this platform, pages dial by WebSockets only: ${reason}`))
}

export async function becomeReachable(
  options: ReachableOptions,
  { privateKey, kv, webRtc }: { privateKey: PrivateKey; kv: KeyValueStore; webRtc: WebRtcPackage | null },
): Promise<Reachable> {
  const wanted = listenAddresses(options).filter((address) => webRtc !== null || !isWebRtcDirect(address))
  const tls = await tlsFor(options, wanted, kv)
  const transports = webRtc === null ? [] : [await webRtcListener(webRtc, kv)]
  const listenOn = async (open: readonly string[]): Promise<Mesh> => {
    const listen = await withUdpPorts(open)
    return listening(
      () =>
        createNativeMesh({
          privateKey,
          mesh: options.mesh,
          listen,
          lan: options.lan,
          relay: true,
          transports,
          ...(tls === null ? {} : { tls: { key: tls.key, cert: tls.cert } }),
        }),
      listen,
    )
  }
  const remembered = await withRememberedPorts(kv, wanted)
  // Somebody may take a remembered port in the moment between looking and listening.
  const libp2p = await listenOn(remembered).catch((error) => (remembered.join() === wanted.join() ? Promise.reject(error) : listenOn(wanted)))
  const addresses = libp2p.getMultiaddrs().map((address) => address.toString())
  if (options.listen.length === 0) rememberPorts(kv, addresses)
  return { libp2p, addresses, tls }
}

async function tlsFor({ https, tlsFiles }: ReachableOptions, listen: readonly string[], kv: KeyValueStore): Promise<Tls | null> {
  if (tlsFiles !== null) return tlsFromFiles(tlsFiles)
  if (https !== null) return ownTls(kv, https.host)
  return listen.some((address) => /\/(tls\/ws|wss)/.test(address)) ? ownTls(kv, '0.0.0.0') : null
}
