/**
 * Self-signed certificates that outlive a restart: an ECDSA P-256 key and its certificate, kept in the peer's own store
 * beside its identity, made anew some time before they end. WebRTC-Direct pins the hash of one in the peer's address, a
 * browser is asked by its owner to accept another; both break when it changes, so it changes as rarely as it can.
 *
 * Refuses to invent trust: nobody but the owner vouches for these. libp2p's own encryption proves who a peer is.
 */
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { z } from 'zod/mini'
import type { KeyValueStore } from '../../protocol/store.ts'

export interface KeptCertificate {
  /** PEM, PKCS #8. */
  readonly privateKey: string
  /** PEM. */
  readonly certificate: string
  /** Of the certificate's DER bytes. */
  readonly sha256: Uint8Array
  readonly endsAtMs: number
}

export interface CertificateInit {
  /** Where in the store it is kept. */
  readonly key: string
  readonly commonName: string
  /** DNS names and IP addresses that it must stand for; another one is made when one of them is missing. */
  readonly hosts?: readonly string[]
  readonly lifetimeMs?: number
  /** Made anew at a start this long before its end. */
  readonly renewBeforeMs?: number
}

const DAY_MS = 86_400_000
/** Browsers refuse certificates for web pages that live longer than 398 days. */
const LIFETIME_MS = 390 * DAY_MS
/** Renewed at a start only; peers are restarted more often than every other month. */
const RENEW_BEFORE_MS = 60 * DAY_MS
/** Clocks of other machines may be behind. */
const BACKDATED_MS = DAY_MS

const stored = z.object({ privateKey: z.string(), certificate: z.string() })

/** The certificate of the store, or a new one that is in the store when this resolves. */
export async function keptCertificate(kv: KeyValueStore, init: CertificateInit, nowMs = Date.now()): Promise<KeptCertificate> {
  const known = readCertificate(kv.get(init.key))
  if (known !== null && nowMs < known.endsAtMs - (init.renewBeforeMs ?? RENEW_BEFORE_MS) && coversAll(known.certificate, init.hosts ?? [])) return known
  const made = await makeCertificate(init, nowMs)
  kv.set(init.key, new TextEncoder().encode(JSON.stringify({ privateKey: made.privateKey, certificate: made.certificate })))
  return made
}

/** What `certhash` says in a multiaddr: multihash sha2-256, multibase base64url. */
export function certhashOf({ sha256 }: KeptCertificate): string {
  return `u${Buffer.concat([Uint8Array.of(0x12, 0x20), sha256]).toString('base64url')}`
}

/** `AB:CD:…`, as browsers show it. */
export function fingerprintOf(sha256: Uint8Array): string {
  return Array.from(sha256, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')
}

/** Null for what cannot be read: a new one is made then. */
function readCertificate(bytes: Uint8Array | null): KeptCertificate | null {
  if (bytes === null) return null
  try {
    const { privateKey, certificate } = stored.parse(JSON.parse(new TextDecoder().decode(bytes)))
    return describe(privateKey, certificate)
  } catch {
    return null
  }
}

function describe(privateKey: string, certificate: string): KeptCertificate {
  const { raw, validTo } = new X509Certificate(certificate)
  return { privateKey, certificate, sha256: new Uint8Array(createHash('sha256').update(raw).digest()), endsAtMs: Date.parse(validTo) }
}

function coversAll(pem: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(pem)
  return hosts.every((host) => (isAddress(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined)
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':')

async function makeCertificate(init: CertificateInit, nowMs: number): Promise<KeptCertificate> {
  // Loaded when one has to be made, which is once a year. The package asks for this polyfill in front of it.
  await import('reflect-metadata')
  const { BasicConstraintsExtension, ExtendedKeyUsageExtension, ExtendedKeyUsage, SubjectAlternativeNameExtension, X509CertificateGenerator } = await import(
    '@peculiar/x509'
  )
  const { webcrypto } = await import('node:crypto')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const hosts = init.hosts ?? []
  const made = await X509CertificateGenerator.createSelfSigned(
    {
      // Positive and without a leading zero byte, as DER wants a serial number.
      serialNumber: `4${randomBytes(16).toString('hex').slice(1)}`,
      name: `CN=${init.commonName}`,
      notBefore: wholeSecond(nowMs - BACKDATED_MS),
      notAfter: wholeSecond(nowMs + (init.lifetimeMs ?? LIFETIME_MS)),
      signingAlgorithm: algorithm,
      keys: keys as CryptoKeyPair,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        ...(hosts.length === 0
          ? []
          : [
              new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
              new SubjectAlternativeNameExtension(hosts.map((host) => ({ type: isAddress(host) ? ('ip' as const) : ('dns' as const), value: host }))),
            ]),
      ],
    },
    webcrypto as Crypto,
  )
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const lines = pkcs8.match(/.{1,64}/g) ?? []
  return describe(['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n'), `${made.toString('pem')}\n`)
}

/** A certificate's dates have no milliseconds. */
const wholeSecond = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000)
