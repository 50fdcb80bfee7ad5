/**
 * The certificate of `--https`: files that the owner names, or one of this peer's own making. WebGPU and WebRTC exist only
 * in secure contexts, so a tab on another machine needs https, whoever vouches for it.
 */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { KeyValueStore } from '../../protocol/store.ts'
import { fingerprintOf, keptCertificate } from '../peer/certificate.ts'
import { PeerStartError } from '../peer/errors.ts'
import { isLoopback, isWildcard } from './address.ts'

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

export interface Tls {
  /** PEM. */
  readonly key: string
  /** PEM; several where a chain was given. */
  readonly cert: string
  /** `AB:CD:…` of sha256, as browsers show it. */
  readonly fingerprint: string
  readonly selfSigned: boolean
}

const KEY = 'https/certificate'

export async function ownTls(kv: KeyValueStore, host: string): Promise<Tls> {
  const kept = await keptCertificate(kv, { key: KEY, commonName: 'CyxWiz peer', hosts: hostsFor(host) })
  return { key: kept.privateKey, cert: kept.certificate, fingerprint: fingerprintOf(kept.sha256), selfSigned: true }
}

/** Every name under which somebody may come here. */
export function hostsFor(host: string): string[] {
  const hosts = new Set(['localhost', '127.0.0.1'])
  if (!isWildcard(host)) hosts.add(host)
  if (!isLoopback(host)) {
    for (const { address, internal, family } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
      if (!internal && family === 'IPv4') hosts.add(address)
    }
  }
  return [...hosts].sort()
}

export async function tlsFromFiles({ certFile, keyFile }: TlsFiles): Promise<Tls> {
  const cert = await readPem('--https-cert', certFile)
  const key = await readPem('--https-key', keyFile)
  const certificate = parsed('--https-cert', certFile, 'is not a certificate in PEM', () => new X509Certificate(cert))
  const privateKey = parsed('--https-key', keyFile, 'is not a private key in PEM without a passphrase', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) throw new PeerStartError('BAD_CERTIFICATE', `--https-key ${keyFile}: is not the key of ${certFile}`)
  if (Date.parse(certificate.validTo) < Date.now()) throw new PeerStartError('BAD_CERTIFICATE', `--https-cert ${certFile}: ended on ${certificate.validTo}`)
  const sha256 = createHash('sha256').update(certificate.raw).digest()
  return { key, cert, fingerprint: fingerprintOf(sha256), selfSigned: false }
}

async function readPem(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'not allowed for this user' : message
    throw new PeerStartError('BAD_CERTIFICATE', `${option} ${path}: ${why}`, { cause })
  }
}

function parsed<T>(option: string, path: string, wrong: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new PeerStartError('BAD_CERTIFICATE', `${option} ${path}: ${wrong}`, { cause })
  }
}
