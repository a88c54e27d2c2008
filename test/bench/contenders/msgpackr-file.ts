import type { Opened, Variant } from '../contender.ts'
import { openWholeFile } from './whole-file.ts'

/** What it brings in; counted as a part of a read. */
export const imports = () => import('msgpackr')

/** The whole state in one MessagePack file, by msgpackr with its records. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  const { Packr } = await imports()
  const packr = new Packr({})
  const codec = { name: 'state.msgpack', encode: packr.pack.bind(packr), decode: packr.unpack.bind(packr) }
  return openWholeFile(directory, codec, variant)
}
