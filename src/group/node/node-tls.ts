import type { ServerOptions as TlsServerOptions } from 'node:https'
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import { checkBoolean, checkOptionNames } from '../../core/check.ts'

/** Text in PEM form or its bytes; several for several certificates. */
export type Pem = string | Buffer | readonly (string | Buffer)[]

/** How a node shows itself to others by TLS, and whom it believes. */
export interface NodeTls {
  /** This node's certificate; a server needs one. */
  readonly cert?: Pem | undefined
  /** The key of `cert`. */
  readonly key?: string | Buffer | undefined
  /** Opens `key`, if that is encrypted. */
  readonly passphrase?: string | undefined
  /** Who signs the certificates of peers. @default the authorities that Node ships */
  readonly ca?: Pem | undefined
  /** A server asks each client for a certificate of `ca` and refuses who has none (mTLS). @default false */
  readonly mutual?: boolean | undefined
  /** The name that certificates of peers must have, in place of the host of their address. */
  readonly serverName?: string | undefined
}

const names = ['cert', 'key', 'passphrase', 'ca', 'mutual', 'serverName']

/** Node's options of a TLS server. */
export function serverTls(tls: NodeTls): TlsServerOptions {
  const { mutual = false } = tls
  checkNames(tls)
  if (tls.cert === undefined || tls.key === undefined)
    throw new TypeError('Options tls.cert and tls.key are needed to serve')
  if (mutual && tls.ca === undefined) throw new TypeError('Option tls.ca is needed to ask clients for certificates')
  return { ...identity(tls), requestCert: mutual, rejectUnauthorized: mutual }
}

/** Node's options of a TLS client. */
export function clientTls(tls: NodeTls): ConnectionOptions {
  checkNames(tls)
  return { ...identity(tls), ...(tls.serverName === undefined ? {} : { servername: tls.serverName }) }
}

function checkNames(tls: NodeTls): void {
  checkOptionNames(tls, names)
  checkBoolean('tls.mutual', tls.mutual ?? false)
}

function identity({
  cert,
  key,
  passphrase,
  ca,
}: NodeTls): Pick<ConnectionOptions, 'cert' | 'key' | 'passphrase' | 'ca'> {
  const given = { cert: listOf(cert), key, passphrase, ca: listOf(ca) }
  try {
    // What cannot be read is told of now, and not by every connection. Without anything to read it would cost milliseconds.
    if (cert !== undefined || key !== undefined || ca !== undefined) createSecureContext(given)
  } catch (cause) {
    throw new TypeError('Option tls has a certificate, key or passphrase that cannot be used', { cause })
  }
  return given
}

function listOf(pem: Pem | undefined): string | Buffer | (string | Buffer)[] | undefined {
  return typeof pem === 'string' || pem instanceof Uint8Array || pem === undefined ? pem : [...pem]
}
