import { type AesGcmKey, aesGcm, type SealedCodec } from '../../src/snapshot/aes-gcm.ts'

/** A key of 32 equal bytes. */
export function testKey(id: string, byte = 7): AesGcmKey {
  return { id, key: new Uint8Array(32).fill(byte) }
}

export function testAesGcm(): SealedCodec {
  return aesGcm('auto', [testKey('k1')])
}
