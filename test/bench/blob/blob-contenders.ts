import type { BlobContender } from './blob-contender.ts'
import { openCacache } from './contenders/cacache.ts'
import { openColdsnap } from './contenders/coldsnap.ts'
import { openFlatCache } from './contenders/flat-cache.ts'
import { openPlainFiles } from './contenders/plain-file.ts'
import { openUnstorage } from './contenders/unstorage.ts'

/** In the order of the tables. */
export const blobContenders: readonly BlobContender[] = [
  { id: 'plain', title: 'plain files', power: false, open: directory => openPlainFiles(directory, false) },
  { id: 'coldsnap', title: 'coldsnap', power: false, open: directory => openColdsnap(directory, false) },
  { id: 'cacache', title: 'cacache', power: false, open: directory => openCacache(directory) },
  {
    id: 'cacache-sha256',
    title: 'cacache, SHA-256',
    power: false,
    open: directory => openCacache(directory, ['sha256']),
  },
  { id: 'flat-cache', title: 'flat-cache', power: false, open: openFlatCache },
  { id: 'unstorage', title: 'unstorage fs', power: false, open: openUnstorage },
  { id: 'plain-power', title: 'plain files, flushed', power: true, open: directory => openPlainFiles(directory, true) },
  { id: 'coldsnap-power', title: "coldsnap, 'power'", power: true, open: directory => openColdsnap(directory, true) },
]

/** The one whose figures are 1 for those of the same durability. */
export function yardstickOf({ power }: BlobContender): string {
  return power ? 'plain-power' : 'plain'
}
