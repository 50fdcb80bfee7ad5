/**
 * WebRTC-Direct of a native peer: a page from any https host can dial it, because the hash of its certificate stands in
 * its address. Listens only: natives reach each other by TCP, and a dial over UDP to a peer that is gone takes seconds.
 *
 * The package brings a native module that some platforms do not have; a peer works without it.
 */
import type { Transport } from '@libp2p/interface'
import type { KeyValueStore } from '../../protocol/store.ts'
import { certhashOf, keptCertificate } from './certificate.ts'

const CERTIFICATE_KEY = 'webrtc-direct/certificate'

// biome-ignore lint/suspicious/noExplicitAny: libp2p's own type for "any component set"
export type TransportFactory = (components: any) => Transport

export type WebRtcPackage = Pick<typeof import('@libp2p/webrtc'), 'webRTCDirect'>

/** Null, and why in `onAbsent`, where the native module is missing or does not load. Takes 0.2 s of CPU and 45 MB. */
export async function loadWebRtc(onAbsent: (reason: string) => void): Promise<WebRtcPackage | null> {
  try {
    keepStdoutClean(await import('node-datachannel'))
    return await import('@libp2p/webrtc')
  } catch (error) {
    onAbsent((error as Error).message.split('\n')[0] ?? '')
    return null
  }
}

/**
 * The native library writes a line to stdout, which belongs to events, for every stray packet that anybody sends to its
 * port. It has a level and a listener for that, but the part that reads packets learns of them only when a connection
 * is made: so one is made, and closed, before the first packet can come.
 */
function keepStdoutClean({ initLogger, PeerConnection }: typeof import('node-datachannel')): void {
  initLogger('Fatal', () => {})
  const unused = new PeerConnection('quiet', { iceServers: [], disableAutoNegotiation: true, disableAutoGathering: true, bindAddress: '127.0.0.1' })
  unused.createDataChannel('quiet')
  unused.setLocalDescription('offer', { iceUfrag: 'quietquiet', icePwd: 'quietquietquietquietquiet' })
  unused.close()
}

export async function webRtcListener({ webRTCDirect }: WebRtcPackage, kv: KeyValueStore): Promise<TransportFactory> {
  const kept = await keptCertificate(kv, { key: CERTIFICATE_KEY, commonName: 'cyxwiz' })
  const factory = webRTCDirect({
    certificate: { privateKey: kept.privateKey, pem: kept.certificate, certhash: certhashOf(kept) },
    // No STUN: the address is told by the listener, and nobody outside the mesh is asked anything.
    rtcConfiguration: { iceServers: [] },
  })
  return (components) => {
    const transport = factory(components)
    transport.dialFilter = () => []
    return transport
  }
}

export const isWebRtcDirect = (address: string): boolean => address.includes('/webrtc-direct')
