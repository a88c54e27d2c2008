/** The name of the protocol in the `Upgrade` header (docs/PROTOCOL.md, "Links"). */
export const linkProtocol = 'coldsnap-group/1'

/** Headers of the upgrade, beside those of a signature. */
export const linkHeaders = {
  /** The largest frame that the sender of the header takes, in bytes without the length field. */
  maxFrame: 'x-coldsnap-max-frame',
} as const

/** What the key of a signed link is the HMAC-SHA-256 of, under the shared secret. */
export function sessionText(clientNonce: string, serverNonce: string): string {
  return `${linkProtocol}\n${clientNonce}\n${serverNonce}`
}
