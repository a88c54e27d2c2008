// One process of the demo. Imports come late on purpose: what a start-up costs includes them.

const [job, directory = ''] = process.argv.slice(2)
const began = performance.now()

async function openStore(kind: string) {
  if (kind === 'level') return await (await import('coldsnap/level')).LevelStore.open(directory)
  return await (await import('coldsnap/file')).FileStore.open(directory, { readOnly: process.argv[5] !== 'write' })
}

switch (job) {
  case 'json': {
    const { readFileSync } = await import('node:fs')
    const state = JSON.parse(readFileSync(directory, 'utf8'))
    report({ wholeMs: performance.now() - began, peers: state.Peers.length })
    break
  }
  case 'first':
  case 'whole': {
    const { netmapCache } = await import('coldsnap/netmap')
    const cache = netmapCache(await openStore(process.argv[4]!))
    const columns = job === 'first' ? (['SelfNode', 'DNS'] as const) : undefined
    const snapshot = columns === undefined ? await cache.load() : await cache.load({ columns })
    const elapsed = performance.now() - began
    const state = snapshot?.state as { Peers?: unknown[]; SelfNode: { Name: string } }
    report({ wholeMs: elapsed, peers: state.Peers?.length ?? 0, self: state.SelfNode.Name })
    break
  }
  case 'writer': {
    const { netmapCache } = await import('coldsnap/netmap')
    const cache = netmapCache(await openStore(process.argv[4]!))
    const { Cached: _, ...netmap } = (await cache.load())!.state
    // In every generation all peers carry the same number: a mix of two would show.
    for (let i = 1; ; i++) {
      await cache.store({ ...netmap, Domain: String(i), Peers: netmap.Peers!.map(peer => ({ ...peer, Cap: i })) })
      report({ wholeMs: 0, peers: i })
    }
  }
}
process.exit(0)

function report(line: { wholeMs: number; peers: number; self?: string }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
