import { afterEach, describe, expect, it } from 'vitest'
import type { CacheError } from '../../../src/errors.ts'
import { type Cluster, type ClusterOptions, startCluster } from '../../../src/group/node/cluster.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { bytes } from '../../store/scratch.ts'

describe('startCluster', () => {
  const open: Cluster[] = []
  let loads: string[] = []

  /** A cluster whose nodes say who loaded a value, and how many loads there were before. */
  async function start(count: number, options: Omit<ClusterOptions, 'setup'> = {}): Promise<Cluster> {
    const cluster = await startCluster(count, {
      ...options,
      setup: (node, index) => {
        node.group('users', {
          maxBytes: 1_000_000,
          load: key => {
            loads.push(`${index} ${key}`)
            return bytes(`${key} from ${index}, load ${loads.length}`)
          },
        })
      },
    })
    open.push(cluster)
    return cluster
  }

  const get = async (cluster: Cluster, index: number, key: string): Promise<string> => {
    const value = await cluster.nodes[index]!.getGroup('users')!.get(key)
    if (!(value instanceof Uint8Array)) throw new Error(`There is no ${key}`)
    return new TextDecoder().decode(value)
  }

  /** A key that the node of that number owns. */
  const keyOf = (cluster: Cluster, index: number): string => {
    for (let i = 0; i < 10_000; i++) if (cluster.ownerOf(`${i}/key`) === index) return `${i}/key`
    throw new Error(`Node ${index} owns nothing`)
  }

  afterEach(async () => {
    for (const cluster of open.splice(0)) await cluster.close()
    loads = []
  })

  it('starts nodes that know each other: a value is loaded once, by its owner', async () => {
    const cluster = await start(3)
    expect(cluster.nodes.map(({ address }) => address)).toEqual(cluster.addresses)
    expect(new Set(cluster.addresses).size).toBe(3)
    for (const owner of [0, 1, 2]) {
      const key = keyOf(cluster, owner)
      const values = await Promise.all([0, 1, 2].map(i => get(cluster, i, key)))
      expect(values).toEqual(values.map(() => `${key} from ${owner}, load ${owner + 1}`))
    }
    expect(loads.length).toBe(3)
  })

  it('a stopped node is replaced by local loads, and comes back at its address with new groups', async () => {
    const cluster = await start(3)
    const [key, before] = [keyOf(cluster, 1), cluster.addresses.join()]
    await cluster.stop(1)
    await cluster.stop(1)
    expect(await get(cluster, 0, key)).toBe(`${key} from 0, load 1`)
    await expect(async () => await get(cluster, 1, key)).rejects.toThrow()
    await cluster.restart(1)
    expect(cluster.addresses.join()).toBe(before)
    expect(await get(cluster, 1, key)).toBe(`${key} from 1, load 2`)
  })

  it('restarts a node over its store', async () => {
    const stores = [new MemoryStore(), new MemoryStore()]
    const cluster = await start(2, { nodeOptions: async index => ({ store: stores[index] }) })
    const key = keyOf(cluster, 1)
    await get(cluster, 1, key)
    await cluster.restart(1)
    expect(await get(cluster, 1, key)).toBe(`${key} from 1, load 1`)
  })

  it('nodes with a secret of their own reach each other, and what wraps their transports is asked', async () => {
    const wrapped: number[] = []
    const cluster = await start(2, {
      nodeOptions: index => ({
        secret: 'a secret of at least sixteen characters',
        wrapTransport: transport => {
          wrapped.push(index)
          return transport
        },
      }),
    })
    const key = keyOf(cluster, 1)
    expect(await get(cluster, 0, key)).toBe(`${key} from 1, load 1`)
    expect(wrapped).toEqual([0, 1])
  })

  it('a partition cuts both directions, and no others, until it heals', async () => {
    const cluster = await start(3)
    const [zero, one, two] = [keyOf(cluster, 0), keyOf(cluster, 1), keyOf(cluster, 2)]
    cluster.partition(0, 1)
    expect(await get(cluster, 0, one)).toBe(`${one} from 0, load 1`)
    expect(await get(cluster, 1, zero)).toBe(`${zero} from 1, load 2`)
    expect(await get(cluster, 0, two)).toBe(`${two} from 2, load 3`)
    const failed: CacheError = await cluster.nodes[0]!.getGroup('users')!
      .remove(two)
      .then(
        () => undefined,
        error => error,
      )
    expect(failed.code).toBe('PEER_FAILED')
    cluster.heal()
    await cluster.nodes[0]!.getGroup('users')!.remove(two)
    expect(await get(cluster, 0, two)).toBe(`${two} from 2, load 4`)
  })

  it('two clusters live side by side, and one ends with its scope', async () => {
    const one = await start(2)
    let address = ''
    {
      await using two = await startCluster(1)
      address = two.addresses[0]!
      expect(one.addresses).not.toContain(address)
    }
    await expect(fetch(`http://${address}/`)).rejects.toThrow()
    expect(await get(one, 0, 'a')).toContain('load 1')
  })

  it('leaves nothing running where setup fails', async () => {
    const addresses: string[] = []
    const failing = startCluster(2, {
      setup: (node, index) => {
        addresses.push(node.address)
        if (index === 1) throw new Error('No database')
      },
    })
    await expect(failing).rejects.toThrow('No database')
    for (const address of addresses) await expect(fetch(`http://${address}/`)).rejects.toThrow()
  })

  it('checks its arguments', async () => {
    await expect(startCluster(0)).rejects.toThrow(RangeError)
    await expect(startCluster(1, { setup: () => {}, ...{ set: 1 } })).rejects.toThrow(/Unknown option set/)
    const cluster = await start(1)
    expect(() => cluster.partition(0, 1)).toThrow(/There is no node 1/)
    await expect(cluster.stop(7)).rejects.toThrow(RangeError)
  })
})
