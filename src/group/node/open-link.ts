import { linkHeaders, linkProtocol, sessionText } from '../link/link-handshake.ts'
import type { PeerAddress } from '../peer-address.ts'
import { type RequestSigner, signatureHeaders } from '../signing.ts'
import { defaultBasePath, type PathRules } from '../wire/target.ts'
import { type ExchangeLimits, upgrade } from './http-exchange.ts'
import { LinkClient } from './link-client.ts'

/** What {@link openLink} needs. */
export interface OpenLinkParts {
  readonly where: PeerAddress
  readonly rules: PathRules
  readonly signer: RequestSigner | undefined
  readonly maxAnswerBytes: number
  readonly idleTimeoutMs: number
}

/** Asks a peer for a link; `undefined` if it does not switch to one. Rejects as an exchange does. */
export async function openLink(
  parts: OpenLinkParts,
  limits: ExchangeLimits,
  onEnd: () => void,
): Promise<LinkClient | undefined> {
  const { where, rules, signer, maxAnswerBytes } = parts
  const { basePath = defaultBasePath } = rules
  const request = { method: 'GET', target: basePath, body: new Uint8Array() } as const
  const signature = (await signer?.sign(request)) ?? {}
  const headers = {
    connection: 'Upgrade',
    upgrade: linkProtocol,
    [linkHeaders.maxFrame]: String(maxAnswerBytes),
    ...signature,
  }
  // A connection of its own: the pool's are for HTTP.
  const upgraded = await upgrade(where, { ...request, headers }, { ...limits, agent: false })
  if (upgraded === undefined) return undefined
  const { socket, head, headers: answered } = upgraded
  const maxSentBytes = Number(answered[linkHeaders.maxFrame])
  const serverNonce = answered[signatureHeaders.nonce]
  const isOurs = answered['upgrade'] === linkProtocol && Number.isSafeInteger(maxSentBytes)
  // A peer without the secret cannot seal what it sends: a link that shall be signed is signed, or is none.
  if (!isOurs || (signer !== undefined) !== (serverNonce !== undefined)) {
    socket.destroy()
    return undefined
  }
  const clientNonce = signature[signatureHeaders.nonce] ?? ''
  const sessionKey = await signer?.key.mac(sessionText(clientNonce, serverNonce ?? ''))
  return new LinkClient({
    socket,
    head,
    sessionKey,
    maxFrameBytes: maxAnswerBytes,
    maxSentBytes,
    idleMs: parts.idleTimeoutMs,
    onEnd,
  })
}
