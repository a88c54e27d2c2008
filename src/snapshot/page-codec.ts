import type { CodecName } from '../codec/codec.ts'

/**
 * From how many elements on they are written column by column. A base of fewer is read sooner as JSON, whose parser needs no
 * time to get warm in a process that has just started; of a delta the size matters more.
 */
export const pagedFrom: { readonly base: number; readonly delta: number } = { base: 3000, delta: 256 }

/** The codec for `count` elements of a base or of a delta, where the cache's is `codec`. */
export function pageCodec(role: 'base' | 'delta', codec: CodecName, count: number): CodecName | 'pages' {
  return codec === 'auto' && count >= pagedFrom[role] ? 'pages' : codec
}
