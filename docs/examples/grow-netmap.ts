import { createHash } from 'node:crypto'
import type { Netmap } from 'coldsnap/netmap'

/** `netmap` with `count` peers, made of those it has: every one with an identity, addresses and keys of its own. */
export function growNetmap(netmap: Netmap, count: number): Netmap {
  const models = netmap.Peers ?? []
  const peers = Array.from({ length: count }, (_, i) => {
    const model = models[i % models.length]!
    const hash = createHash('sha256').update(String(i)).digest('hex')
    const host = `${String(model.ComputedName).replace(/-\d+$/, '')}-${i}`
    const addresses = [`100.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}/32`, `fd7a:115c:a1e0::${i.toString(16)}/128`]
    return {
      ...model,
      ID: 2_000_000_000_000_000 + i,
      StableID: `n${hash.slice(0, 15)}CNTRL`,
      Name: `${host}.tail4d2.ts.net.`,
      Key: `nodekey:${hash}`,
      Machine: `mkey:${hash.split('').reverse().join('')}`,
      Addresses: addresses,
      AllowedIPs: addresses,
      ComputedName: host,
      ComputedNameWithHost: host,
    }
  })
  return { ...netmap, Peers: peers }
}
