import { ByteReader } from '../bytes/byte-reader.ts'
import { digest, digestBytes } from '../bytes/digest.ts'
import { utf8Encode } from '../bytes/utf8.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { CacheError } from '../errors.ts'
import { type Cipher, nonceBytes, tagBytes } from './aes-gcm.ts'
import { decodeHead, encodeHead, type Head, readHeadFlags, sealedFlag } from './head.ts'
import { boundData, needCipher, readKeyId } from './segment.ts'

/** A head that was read, and the id of the key that vouches for it. */
export interface OpenedHead extends Head {
  /** `undefined` for a head that is not sealed. */
  readonly keyId: string | undefined
}

const none = new Uint8Array(0)
// What a seal and a digest take at most.
const sealBytes = nonceBytes + tagBytes + 256 + digestBytes

/**
 * The bytes of `head` under `key`: its body, the seal if there is a cipher, and the digest of all that. The seal is an
 * AES-GCM tag over the body and the key with nothing encrypted, so that nobody without the key can compose a head of
 * old and new segments. Layout: docs/FORMAT.md section 4.
 */
export async function sealHead(head: Head, key: string, cipher: Cipher | undefined): Promise<Uint8Array> {
  const writer = encodeHead(head, cipher === undefined ? 0 : sealedFlag, sealBytes)
  if (cipher !== undefined) {
    const keyId = utf8Encode(cipher.keyId)
    const { nonce, bytes: tag } = await cipher.seal(none, boundData(writer.written(), key))
    writer.bytes(nonce)
    writer.bytes(tag)
    writer.bytes(keyId)
    writer.u8(keyId.byteLength)
  }
  writer.bytes(digest(writer.written()))
  // A view of bytes that nobody else sees: a copy would only cost time.
  return writer.written()
}

/**
 * Reads a head and checks its digest, its seal and that it belongs under `key`.
 * Throws `CORRUPT`, `FORMAT_NEWER` or `DECRYPT_FAILED`.
 */
export async function openHead(bytes: Uint8Array, key: string, cipher: Cipher | undefined): Promise<OpenedHead> {
  // The digest comes first, in every version: a flipped bit must not pass for the head of a newer one.
  const end = bytes.byteLength - digestBytes
  if (end < 0 || !sameBytes(digest(bytes.subarray(0, end)), bytes.subarray(end))) {
    throw new CacheError('CORRUPT', 'Cannot read head: its digest does not match')
  }
  const flags = readHeadFlags(bytes)
  if ((flags & sealedFlag) !== 0) return await openSealed(bytes.subarray(0, end), key, needCipher(cipher))
  if (cipher?.acceptPlain === false) {
    throw new CacheError('DECRYPT_FAILED', 'Cannot read head: it is not sealed, and the cache takes only sealed ones')
  }
  return { ...decodeHead(bytes.subarray(0, end)), keyId: undefined }
}

async function openSealed(bytes: Uint8Array, key: string, cipher: Cipher): Promise<OpenedHead> {
  const keyIdLength = bytes.at(-1) ?? 0
  const bodyLength = bytes.byteLength - nonceBytes - tagBytes - keyIdLength - 1
  const reader = new ByteReader(bytes, 'head')
  const body = reader.take(bodyLength)
  const nonce = reader.take(nonceBytes)
  const tag = reader.take(tagBytes)
  const keyId = readKeyId(reader.take(keyIdLength))
  await cipher.open(keyId, nonce, tag, boundData(body, key))
  return { ...decodeHead(body), keyId }
}
