import { checkOptionNames } from '../core/check.ts'
import type { TelemetryAttributes } from '../core/meter.ts'
import type { PeerAnswer, PeerService } from './peer-service.ts'
import type { Transport } from './transport.ts'

/** The part of `Span` of `@opentelemetry/api` 1.x that is used. */
export interface Span {
  setStatus(status: { code: number; message?: string }): unknown
  recordException(exception: Error): void
  end(): void
}

/** The part of `Tracer` of `@opentelemetry/api` 1.x that is used; described here so that nothing is imported. */
export interface Tracer {
  startSpan(name: string, options?: { kind?: number; attributes?: Record<string, string | number | boolean> }): Span
}

/** Options of {@link tracedTransport} and {@link tracedService}. */
export interface TracingOptions {
  /** Attributes that every span carries. Keys and values of groups are never among them unless given here. */
  readonly attributes?: TelemetryAttributes | undefined
}

// `SpanKind` and `SpanStatusCode` of `@opentelemetry/api`.
const server = 1
const client = 2
const statusOk = 1
const statusError = 2

/**
 * A transport whose calls to peers are spans of kind client: `GroupCache.Get`, `GroupCache.Set`, `GroupCache.Remove`,
 * `GroupCache.RemoveKeys` as in groupcache-go, and `GroupCache.GetMany`. As there, the status is Ok, or Error with the
 * error recorded; a value that does not exist (of a single get) and a loader that failed are errors too. The parent is the
 * span that is active when the call is made.
 */
export function tracedTransport(transport: Transport, tracer: Tracer, options: TracingOptions = {}): Transport {
  checkOptionNames(options, ['attributes'])
  return {
    connect: address => {
      const peer = transport.connect(address)
      return { ...traced(peer, { tracer, kind: client, options }), address: peer.address, close: () => peer.close() }
    },
    ...(transport.close && { close: async () => await transport.close?.() }),
  }
}

/** A service whose answers to peers are spans of kind server, under the names of {@link tracedTransport}. */
export function tracedService(service: PeerService, tracer: Tracer, options: TracingOptions = {}): PeerService {
  checkOptionNames(options, ['attributes'])
  return traced(service, { tracer, kind: server, options })
}

interface Tracing {
  readonly tracer: Tracer
  readonly kind: number
  readonly options: TracingOptions
}

function traced(service: PeerService, tracing: Tracing): PeerService {
  return {
    get: (group, key, options) =>
      inSpan(
        'Get',
        tracing,
        () => service.get(group, key, options),
        answer => [answer],
      ),
    set: (group, key, entry, options) => inSpan('Set', tracing, () => service.set(group, key, entry, options)),
    remove: (group, key, options) => inSpan('Remove', tracing, () => service.remove(group, key, options)),
    removeMany: (group, keys, options) => inSpan('RemoveKeys', tracing, () => service.removeMany(group, keys, options)),
    getMany: (group, keys, options) =>
      inSpan(
        'GetMany',
        tracing,
        () => service.getMany(group, keys, options),
        answers => answers.filter(({ kind }) => kind === 'loadFailed'),
      ),
  }
}

async function inSpan<T>(
  name: string,
  { tracer, kind, options }: Tracing,
  work: () => Promise<T>,
  answersOf: (result: T) => readonly PeerAnswer[] = () => [],
): Promise<T> {
  const span = tracer.startSpan(`GroupCache.${name}`, { kind, attributes: { ...options.attributes } })
  try {
    const result = await work()
    const failed = answersOf(result).find(answer => answer.kind !== 'value')
    if (failed === undefined) span.setStatus({ code: statusOk })
    else fail(span, new Error(failed.message))
    return result
  } catch (error) {
    fail(span, error instanceof Error ? error : new Error(String(error)))
    throw error
  } finally {
    span.end()
  }
}

function fail(span: Span, error: Error): void {
  span.recordException(error)
  span.setStatus({ code: statusError, message: error.message })
}
