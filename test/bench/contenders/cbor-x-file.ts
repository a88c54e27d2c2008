import type { Opened, Variant } from '../contender.ts'
import { openWholeFile } from './whole-file.ts'

/** What it brings in; counted as a part of a read. */
export const imports = () => import('cbor-x')

/** The whole state in one CBOR file, by cbor-x with its records. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  const { Encoder } = await imports()
  const encoder = new Encoder({})
  const codec = {
    name: 'state.cbor',
    encode: encoder.encode.bind(encoder),
    decode: encoder.decode.bind(encoder),
  }
  return openWholeFile(directory, codec, variant)
}
