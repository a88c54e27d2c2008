import { Drawing, type Kind } from './svg.ts'

/** The way of bytes, from the caller to the medium: what docs/ARCHITECTURE.md says in words. */
export function dataFlow(): string {
  const drawing = new Drawing('Data flow: caller, caches, seams, media', 1000, 440)
  const row = (y: number, height: number) => (x: number, width: number, kind: Kind, lines: readonly string[]) =>
    drawing.box({ x, y, width, height }, kind, ...lines)

  row(20, 44)(20, 960, 'caller', ['your program'])

  const cache = row(114, 60)
  cache(20, 230, 'cache', ['GroupCache', 'loaded once in the whole fleet'])
  cache(270, 230, 'cache', ['SnapshotCache', 'one large state, whole or nothing'])
  cache(520, 230, 'cache', ['BlobCache', 'bytes of any size, with metadata'])
  cache(770, 210, 'cache', ['SyncedCache', 'memory over Redis, kept in step'])
  for (const x of [135, 385, 635, 875]) {
    drawing.arrow([
      [x, 64],
      [x, 112],
    ])
  }

  const seam = row(228, 50)
  seam(20, 130, 'seam', ['Transport', 'ask the owner'])
  seam(170, 330, 'seam', ['Store', 'list, load, store, remove'])
  seam(520, 230, 'seam', ['BlobStore', 'seven methods'])
  seam(770, 210, 'seam', ['RedisPort', 'commands and one channel'])
  for (const x of [85, 210, 385, 635]) {
    drawing.arrow([
      [x, 174],
      [x, 226],
    ])
  }
  drawing.arrow([
    [520, 253],
    [502, 253],
  ])
  drawing.text(511, 296, 'storeBlobs', 'note middle')
  drawing.arrow([
    [840, 174],
    [840, 226],
  ])
  // What other processes changed comes up, and nothing else does without being asked for.
  drawing.arrow(
    [
      [910, 228],
      [910, 176],
    ],
    'line dashed',
  )
  drawing.text(918, 206, 'events')

  const medium = row(322, 66)
  medium(20, 130, 'medium', ['HTTP, links', 'other nodes,', 'of Go too'])
  medium(170, 66, 'medium', ['FileStore', 'directory'])
  medium(242, 84, 'medium', ['LevelStore', 'LevelDB,', 'IndexedDB'])
  medium(332, 86, 'medium', ['RedisStore', 'Redis'])
  medium(424, 76, 'medium', ['yours', '40 lines'])
  medium(520, 101, 'medium', ['DiskBlobStore', 'directory'])
  medium(627, 123, 'medium', ['MemoryBlobStore', 'memory'])
  medium(770, 210, 'medium', ['node-redis, ioredis', 'Redis, or a cluster'])
  for (const x of [85, 203, 284, 375, 462, 570, 689, 875]) {
    drawing.arrow([
      [x, 278],
      [x, 320],
    ])
  }
  drawing.text(
    500,
    420,
    'Down go bytes, up come bytes or an error. What is missing is undefined; a read that failed is never a miss.',
    'note middle',
  )
  return drawing.toString()
}
