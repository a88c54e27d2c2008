import { deserialize, serialize } from 'node:v8'
import type { Opened, Variant } from '../contender.ts'
import { openWholeFile } from './whole-file.ts'

/** The whole state in one file, in V8's own format. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  return openWholeFile(directory, { name: 'state.v8', encode: serialize, decode: deserialize }, variant)
}
