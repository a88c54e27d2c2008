import { createHmac, timingSafeEqual } from 'node:crypto'
import { CacheError } from '../../errors.ts'
import { FrameCutter } from '../link/link-frame.ts'

/** Bytes of the code at the end of each record of a signed link. */
export const macBytes = 16

/** Makes records of what one side of a signed link sends: a length, the bytes, their code. */
export class RecordSealer {
  readonly #codes: RecordCodes

  constructor(sessionKey: Uint8Array, sender: LinkRole) {
    this.#codes = new RecordCodes(sessionKey, sender)
  }

  /** The parts of the record, to be written one after the other. */
  seal(bytes: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array] {
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, bytes.byteLength + macBytes, true)
    return [length, bytes, this.#codes.next(bytes)]
  }
}

/** Gives back what a {@link RecordSealer} sealed. */
export class RecordOpener {
  readonly #codes: RecordCodes
  readonly #cutter: FrameCutter

  constructor(sessionKey: Uint8Array, sender: LinkRole, maxBytes: number) {
    this.#codes = new RecordCodes(sessionKey, sender)
    this.#cutter = new FrameCutter(maxBytes)
  }

  /** The bytes of the records that `chunk` completes. Throws `CORRUPT` for one that the other side did not seal. */
  open(chunk: Uint8Array): Uint8Array[] {
    return this.#cutter.push(chunk).map(record => {
      const bytes = record.subarray(0, Math.max(0, record.byteLength - macBytes))
      const code = record.subarray(bytes.byteLength)
      if (code.byteLength === macBytes && timingSafeEqual(this.#codes.next(bytes), code)) return bytes
      throw new CacheError('CORRUPT', 'Cannot read a record: its code is not that of the shared secret')
    })
  }
}

/** Which side of a link. */
export type LinkRole = 'client' | 'server'

// HMAC-SHA-256 over sender, number and bytes: no record can be changed, left out, sent again, sent back, or moved to
// another link. One for many frames, because under load the codes would take longer than the calls.
class RecordCodes {
  readonly #key: Uint8Array
  readonly #sender: LinkRole
  #count = 0

  constructor(key: Uint8Array, sender: LinkRole) {
    this.#key = key
    this.#sender = sender
  }

  next(bytes: Uint8Array): Uint8Array {
    const hmac = createHmac('sha256', this.#key).update(`${this.#sender}\n${this.#count++}\n`)
    return hmac.update(bytes).digest().subarray(0, macBytes)
  }
}
