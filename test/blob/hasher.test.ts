import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { toHex } from '../../src/bytes/hex.ts'

describe('SHA-256', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it.each(['of Node', 'of a browser', 'of a page of plain http'])(
    'B2: in pieces and at once, with what is there: %s',
    async where => {
      if (where !== 'of Node') vi.stubGlobal('process', { ...process, getBuiltinModule: undefined })
      if (where === 'of a page of plain http') vi.stubGlobal('crypto', {})
      vi.resetModules()
      const { Hasher, sha256Hex } = await import('../../src/blob/hasher.ts')
      const large = new Uint8Array(300_000).fill(7)
      expect(await sha256Hex(large)).toBe(toHex(sha256(large)))
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), async pieces => {
          const whole = Uint8Array.from(pieces.flatMap(piece => [...piece]))
          const hasher = new Hasher()
          for (const piece of pieces) hasher.update(piece)
          const wanted = toHex(sha256(whole))
          expect(hasher.hex()).toBe(wanted)
          expect(await sha256Hex(whole)).toBe(wanted)
        }),
        { numRuns: 30 },
      )
    },
  )
})
