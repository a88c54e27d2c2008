import fs from 'node:fs'
import { join } from 'node:path'

/** The bytes of the files of a directory, and what they take on the disk. */
export function diskBytes(directory: string): { size: number; allocated: number } {
  const total = { size: 0, allocated: 0 }
  for (const name of fs.readdirSync(directory)) {
    const stat = fs.statSync(join(directory, name))
    total.size += stat.size
    // What the file takes on the disk, in units of 512 bytes; Windows does not say.
    total.allocated += stat.blocks === undefined ? stat.size : stat.blocks * 512
  }
  return total
}
