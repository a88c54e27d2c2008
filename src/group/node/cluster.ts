import { checkInteger, checkOptionNames } from '../../core/check.ts'
import { Partitions } from '../partitions.ts'
import { GroupNode, type GroupNodeOptions } from './group-node.ts'

/** Options of {@link startCluster}. */
export interface ClusterOptions {
  /** Makes a node's groups; called when it starts, and again when it is started anew. */
  readonly setup?: ((node: GroupNode, index: number) => void | Promise<void>) | undefined
  /** The options of a node, its store for example; called whenever `setup` is, before it. Stores stay yours to close. */
  readonly nodeOptions?: ((index: number) => GroupNodeOptions | Promise<GroupNodeOptions>) | undefined
}

/**
 * Starts `count` real nodes on ports of 127.0.0.1 that the system chooses, each knowing all: for tests of programs that
 * use groups. Several clusters may run in a process. Rejects with `LISTEN_FAILED`, or with what `setup` threw; nothing is
 * left running then.
 */
export async function startCluster(count: number, options: ClusterOptions = {}): Promise<Cluster> {
  checkInteger('count', count, 1)
  checkOptionNames(options, ['setup', 'nodeOptions'])
  return await Cluster.start(count, options)
}

/** Nodes of one process for tests; made by {@link startCluster}. A node is named by its number, from 0. */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #partitions = new Partitions()
  readonly #nodes: GroupNode[] = []
  readonly #addresses: string[] = []

  private constructor(options: ClusterOptions) {
    this.#options = options
  }

  /** See {@link startCluster}, which checks its arguments. */
  static async start(count: number, options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options)
    try {
      for (let i = 0; i < count; i++) {
        const node = await cluster.#listen(i, '127.0.0.1:0')
        cluster.#nodes.push(node)
        cluster.#addresses.push(node.address)
      }
      for (let i = 0; i < count; i++) await cluster.#setUp(i)
    } catch (error) {
      await cluster.close()
      throw error
    }
    return cluster
  }

  /** The nodes. One that was stopped stays in its place, closed, until it is started anew. */
  get nodes(): readonly GroupNode[] {
    return this.#nodes
  }

  /** The addresses of all nodes. They stay the same over {@link restart}. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** The number of the node that owns a key, running or not. */
  ownerOf(key: string | Uint8Array): number {
    return this.#addresses.indexOf(this.#at(0).ownerOf(key) ?? '')
  }

  /** Closes a node. The others keep it in their rings, as they do with one that died. Stopping twice succeeds. */
  async stop(index: number): Promise<void> {
    await this.#at(index).close()
  }

  /** Starts a node anew at its old address, with new groups and its memory empty; stops it first if it runs. */
  async restart(index: number): Promise<void> {
    await this.stop(index)
    this.#nodes[index] = await this.#listen(index, this.#addresses[index]!)
    await this.#setUp(index)
  }

  /** Lets all calls between two nodes fail, those under way too, in both directions, until {@link heal}. */
  partition(a: number, b: number): void {
    this.#partitions.cut(this.#at(a).address, this.#at(b).address)
  }

  /** Ends all partitions. */
  heal(): void {
    this.#partitions.heal()
  }

  /** Closes all nodes. Closing twice succeeds. */
  async close(): Promise<void> {
    await Promise.all(this.#nodes.map(node => node.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #listen(index: number, address: string): Promise<GroupNode> {
    const options = (await this.#options.nodeOptions?.(index)) ?? {}
    const { wrapTransport = transport => transport } = options
    return await GroupNode.listen(address, {
      ...options,
      wrapTransport: inner => this.#partitions.transport(wrapTransport(inner), () => this.#addresses[index]),
    })
  }

  // Groups come first: a node that is in a ring must be able to answer.
  async #setUp(index: number): Promise<void> {
    const node = this.#at(index)
    await this.#options.setup?.(node, index)
    node.setPeers(this.#addresses, { self: this.#addresses[index] })
  }

  #at(index: number): GroupNode {
    const node = this.#nodes[index]
    if (node === undefined) throw new RangeError(`There is no node ${index}; the cluster has ${this.#nodes.length}`)
    return node
  }
}
