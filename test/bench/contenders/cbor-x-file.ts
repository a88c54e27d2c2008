import { Encoder } from 'cbor-x'
import type { Opened, Variant } from '../contender.ts'
import { openWholeFile } from './whole-file.ts'

/** The whole state in one CBOR file, by cbor-x with its records. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  const encoder = new Encoder({})
  const codec = {
    name: 'state.cbor',
    encode: encoder.encode.bind(encoder),
    decode: encoder.decode.bind(encoder),
  }
  return openWholeFile(directory, codec, variant)
}
