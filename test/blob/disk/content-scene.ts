import { join } from 'node:path'
import { type BlobProblem, DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { blobKeys } from '../../../src/contract/blob-samples.ts'
import { scratch } from '../../store/scratch.ts'

export const shares: DiskBlobStoreOptions = { durability: 'process', contentAddressed: true }
export const large = new Uint8Array(1_000_000).fill(7)
export const same = new Uint8Array(400).fill(1)

export async function withStore(
  more: DiskBlobStoreOptions,
  use: (store: DiskBlobStore, dir: string, problems: BlobProblem[]) => Promise<void>,
): Promise<void> {
  const dir = join(scratch(), 'blobs')
  const problems: BlobProblem[] = []
  let nowMs = 1_800_000_000_000
  const clock = (): number => {
    nowMs += 60_000
    return nowMs
  }
  const onProblem = (problem: BlobProblem): void => void problems.push(problem)
  await using store = await DiskBlobStore.open(dir, { ...shares, clock, onProblem, ...more })
  await use(store, dir, problems)
}

export const textOf = async (store: DiskBlobStore, key: string): Promise<string | undefined> => {
  const found = await store.get('n', key)
  return found && Buffer.from(found.bytes).toString()
}
export const sound = { wrong: [], copies: 0 }
export const left = async (store: DiskBlobStore): Promise<string> => (await blobKeys(store, 'n')).join('')
