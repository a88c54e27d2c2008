import { checkOptionNames } from '../core/check.ts'
import type { TelemetryAttributes } from '../core/meter.ts'
import { inSpan, type Spans, spanKinds, type Tracer } from '../core/tracer.ts'
import type { PeerAnswer, PeerService } from './peer-service.ts'
import type { Transport } from './transport.ts'

/** Options of {@link tracedTransport} and {@link tracedService}. */
export interface TracingOptions {
  /** Attributes that every span carries. Keys and values of groups are never among them unless given here. */
  readonly attributes?: TelemetryAttributes | undefined
}

/**
 * A transport whose calls to peers are spans of kind client: `GroupCache.Get`, `GroupCache.Set`, `GroupCache.Remove`,
 * `GroupCache.RemoveKeys` as in groupcache-go, and `GroupCache.GetMany`. As there, the status is Ok, or Error with the
 * error recorded; a value that does not exist (of a single get) and a loader that failed are errors too. The parent is the
 * span that is active when the call is made.
 */
export function tracedTransport(transport: Transport, tracer: Tracer, options: TracingOptions = {}): Transport {
  checkOptionNames(options, ['attributes'])
  const spans = { tracer, kind: spanKinds.client, attributes: options.attributes }
  return {
    connect: address => {
      const peer = transport.connect(address)
      return { ...traced(peer, spans), address: peer.address, close: () => peer.close() }
    },
    ...(transport.close && { close: async () => await transport.close?.() }),
  }
}

/** A service whose answers to peers are spans of kind server, under the names of {@link tracedTransport}. */
export function tracedService(service: PeerService, tracer: Tracer, options: TracingOptions = {}): PeerService {
  checkOptionNames(options, ['attributes'])
  return traced(service, { tracer, kind: spanKinds.server, attributes: options.attributes })
}

function traced(service: PeerService, spans: Spans): PeerService {
  const run = <T>(name: string, work: () => Promise<T>, answersOf?: (result: T) => readonly PeerAnswer[]): Promise<T> =>
    inSpan(`GroupCache.${name}`, spans, work, result => failureIn(answersOf?.(result) ?? []))
  return {
    get: (group, key, options) =>
      run(
        'Get',
        () => service.get(group, key, options),
        answer => [answer],
      ),
    set: (group, key, entry, options) => run('Set', () => service.set(group, key, entry, options)),
    remove: (group, key, options) => run('Remove', () => service.remove(group, key, options)),
    removeMany: (group, keys, options) => run('RemoveKeys', () => service.removeMany(group, keys, options)),
    getMany: (group, keys, options) =>
      run(
        'GetMany',
        () => service.getMany(group, keys, options),
        answers => answers.filter(({ kind }) => kind === 'loadFailed'),
      ),
  }
}

function failureIn(answers: readonly PeerAnswer[]): string | undefined {
  return answers.find(answer => answer.kind !== 'value')?.message
}
