import { digestBytes } from '../../../src/bytes/digest.ts'
import { keyed, MemoryStore, SnapshotCache } from '../../../src/index.ts'
import { decodeHead, type Head } from '../../../src/snapshot/head.ts'
import { snapshotKeys } from '../../../src/snapshot/keys.ts'
import { type Peer, peer, peers } from '../../format/golden-states.ts'
import { Drawing } from './svg.ts'

const rowHeight = 58
// A head takes the space of so many rows.
const headRows = 2.75
const top = 84
const keys = snapshotKeys('app')

/** The keys of a real cache after two stores, the smaller of them one changed peer of 2,000, and which of them its heads name. */
export async function onDisk(): Promise<string> {
  const store = new MemoryStore()
  const cache = new SnapshotCache<{ self: string; peers: Peer[] }>(store, {
    name: 'app',
    columns: { peers: keyed('id') },
    now: () => 0,
  })
  await cache.store({ self: 'ada', peers: peers(2_000) })
  await cache.store({ self: 'ada', peers: peers(2_000).map((each, i) => (i === 7 ? peer(7, { port: 1 }) : each)) })

  const rows: Row[] = []
  for await (const key of store.list('')) {
    const bytes = (await store.load(key))!
    rows.push({
      key,
      size: bytes.byteLength,
      head: key.includes('/@head/') ? decodeHead(bytes.subarray(0, -digestBytes)) : undefined,
    })
  }
  // The newest head first, as a load looks at them.
  rows.sort((a, b) => Number(b.head !== undefined) - Number(a.head !== undefined))
  const heads = rows.filter(({ head }) => head !== undefined).reverse()
  return draw(heads, rows.slice(heads.length))
}

interface Row {
  readonly key: string
  readonly size: number
  readonly head: Head | undefined
}

function draw(heads: readonly Row[], segments: readonly Row[]): string {
  const height = top + Math.max(heads.length * headRows, segments.length) * rowHeight + 70
  const drawing = new Drawing('On disk: two snapshots of a SnapshotCache in a FileStore', 1000, height)
  drawing.text(
    20,
    34,
    'A SnapshotCache on disk after two stores: one key is one file, whose name is the hex of the key',
    'name',
  )
  drawing.text(20, 62, 'heads: commit records, written last, with a digest; a load takes the newest that is whole')
  drawing.text(620, 62, 'segments: never overwritten, shared by snapshots')

  const at = new Map(segments.map(({ key }, i) => [key, top + i * rowHeight]))
  for (const { key, size } of segments) {
    const y = at.get(key)!
    drawing.box({ x: 620, y, width: 360, height: 44 }, 'medium')
    drawing.text(632, y + 18, shortened(key), 'key')
    drawing.text(632, y + 35, `${holds(key, heads)}, ${size.toLocaleString('en')} bytes`)
  }
  for (const [i, { key, size, head }] of heads.entries()) {
    const y = top + i * headRows * rowHeight
    drawing.box({ x: 20, y, width: 440, height: 142 }, 'cache')
    drawing.text(32, y + 20, shortened(key), 'key')
    const age = i === 0 ? 'newest' : 'the one before, for a load to fall back to'
    drawing.text(32, y + 38, `${age}; ${size.toLocaleString('en')} bytes`)
    const lines = head!.columns.flatMap(({ name, pieces }) =>
      pieces.map(piece => ({
        isInline: piece.inline !== undefined,
        text: `${name}: ${piece.role}${piece.inline === undefined ? '' : ', rides in the head'}`,
        target: at.get(keys.segment(name, piece, piece.part)),
      })),
    )
    for (const [j, { isInline, text, target }] of lines.entries()) {
      const lineY = y + 60 + j * 16
      drawing.text(44, lineY, text, 'key')
      if (!isInline) {
        if (target === undefined) throw new Error(`No segment for ${text}`)
        drawing.arrow([
          [230, lineY - 4],
          [470, lineY - 4],
          [616, target + 22],
        ])
      }
    }
  }
  drawing.text(
    20,
    height - 40,
    'A store writes new segments, then the head: a crash before the head leaves the snapshot of before. Small columns and changes ride in the head,',
  )
  drawing.text(20, height - 22, 'so the second store was one write. The sweep removes what no kept head names.')
  return drawing.toString()
}

/** What the segment of a key is, as the heads call it. */
function holds(key: string, heads: readonly Row[]): string {
  for (const { head } of heads) {
    for (const { name, pieces } of head!.columns) {
      for (const piece of pieces) {
        if (keys.segment(name, piece, piece.part) !== key) continue
        return `${piece.role} of ${name}: ${piece.count.toLocaleString('en')} ${piece.role === 'index' ? 'keys' : 'elements'}`
      }
    }
  }
  throw new Error(`No head names ${key}`)
}

const shortened = (key: string): string => key.replace(/-[0-9a-f]{16}/, '-<nonce>')
