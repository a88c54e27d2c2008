import type { Opened, Variant } from '../contender.ts'
import { openWholeFile } from './whole-file.ts'

/** The whole state in one JSON file that is replaced by rename: what most programs do. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  const codec = {
    name: 'state.json',
    encode: JSON.stringify,
    decode: (bytes: Buffer) => JSON.parse(bytes.toString('utf8')),
  }
  return openWholeFile(directory, codec, variant)
}
