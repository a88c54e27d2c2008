import type { BlobRule } from '../../../src/contract/blob-rules.ts'
import { faultyFileSystem } from '../../store/faulty-file-system.ts'
import { runBlobContract } from '../run-blob-contract.ts'
import { diskHandle } from './disk-handle.ts'

// No power is lost here: real flushes would only take time.
const io = faultyFileSystem(operation => (operation === 'fsync' ? true : undefined))

runBlobContract('DiskBlobStore, process', () => diskHandle({ durability: 'process' }))
runBlobContract('DiskBlobStore, power', () => diskHandle({ durability: 'power', io }))
runBlobContract('DiskBlobStore with limits', () =>
  diskHandle({ durability: 'process', maxBytes: 2 ** 30, maxCount: 100_000 }),
)

runBlobContract('DiskBlobStore, content-addressed', () =>
  diskHandle({ durability: 'process', contentAddressed: true, maxBytes: 2 ** 30 }),
)
runBlobContract('DiskBlobStore, content-addressed, power', () =>
  diskHandle({ durability: 'power', contentAddressed: true, io }),
)

const skip: Partial<Record<BlobRule, string>> = {
  B23: 'the files of the layout have the names of the keys, and it refuses those it cannot carry',
  B24: 'the namespaces of the layout are directories in one another',
}
runBlobContract('DiskBlobStore, layout diskblob', () => diskHandle({ durability: 'process', layout: 'diskblob' }), {
  skip,
})
