const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text to show of bytes that need not be UTF-8: what is not becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return lenient.decode(bytes)
}
