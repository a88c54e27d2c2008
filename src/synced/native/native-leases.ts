import type { RemoteLease, RemoteOptions } from '../remote-level.ts'
import { newId, textOfId } from './id64.ts'
import { releaseLeaseScript, renewLeaseScript } from './lua/lease.ts'
import type { NativeContext } from './native-context.ts'

/** Rights to load a key for the whole fleet: keys of Redis with a token that expire by themselves. */
export class NativeLeases {
  readonly #context: NativeContext

  constructor(context: NativeContext) {
    this.#context = context
  }

  async acquire(key: string, leaseMs: number, options?: RemoteOptions): Promise<RemoteLease | undefined> {
    const { port, settings } = this.#context
    const token = textOfId(newId(settings.random))
    const name = this.#nameOf(key)
    const args = ['SET', name, token, 'NX', 'PX', wholeMs(leaseMs)]
    const reply = await port.command({ args, key: name }, options)
    return reply === null ? undefined : { key, token }
  }

  async renew({ key, token }: RemoteLease, leaseMs: number, options?: RemoteOptions): Promise<boolean> {
    const args = [token, wholeMs(leaseMs)]
    return (await renewLeaseScript.run(this.#context.port, [this.#nameOf(key)], args, options)) === 1
  }

  async release({ key, token }: RemoteLease, options?: RemoteOptions): Promise<void> {
    await releaseLeaseScript.run(this.#context.port, [this.#nameOf(key)], [token], options)
  }

  #nameOf(key: string): string {
    return this.#context.partitionOf(key).names.leasePrefix + key
  }
}

function wholeMs(ms: number): string {
  return `${Math.max(1, Math.ceil(ms))}`
}
