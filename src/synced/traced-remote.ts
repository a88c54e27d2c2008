import { checkOptionNames } from '../core/check.ts'
import type { TelemetryAttributes } from '../core/meter.ts'
import { inSpan, spanKinds, type Tracer } from '../core/tracer.ts'
import type { RemoteLevel } from './remote-level.ts'

/** Options of {@link tracedRemote}. */
export interface TracedRemoteOptions {
  /** Attributes that every span carries. Keys, tags and values are never among them unless given here. */
  readonly attributes?: TelemetryAttributes | undefined
}

/**
 * A remote level whose calls are spans of kind client: `SyncedCache.Open`, `.Read`, `.Write`, `.Fill`, `.Delete`, `.Invalidate`,
 * `.DeleteByTag`, `.Clear`, `.Sweep`, and of leases `.Acquire`, `.Renew`, `.Release`. The status is Ok, or Error with the error
 * recorded; a key that does not exist, a fill that came too late and a lease that somebody else has are no errors. What is
 * answered from this process makes no span. The parent is the span that is active when the call is made.
 */
export function tracedRemote(level: RemoteLevel, tracer: Tracer, options: TracedRemoteOptions = {}): RemoteLevel {
  checkOptionNames(options, ['attributes'])
  const spans = { tracer, kind: spanKinds.client, attributes: options.attributes }
  const run = <T>(name: string, work: () => Promise<T>): Promise<T> => inSpan(`SyncedCache.${name}`, spans, work)
  return {
    open: call => run('Open', () => level.open(call)),
    read: (keys, call) => run('Read', () => level.read(keys, call)),
    write: (values, call) => run('Write', () => level.write(values, call)),
    fill: (key, fill, call) => run('Fill', () => level.fill(key, fill, call)),
    delete: (key, call) => run('Delete', () => level.delete(key, call)),
    invalidate: (key, call) => run('Invalidate', () => level.invalidate(key, call)),
    deleteByTag: (tag, call) => run('DeleteByTag', () => level.deleteByTag(tag, call)),
    clear: call => run('Clear', () => level.clear(call)),
    sweep: call => run('Sweep', () => level.sweep(call)),
    acquire: (key, leaseMs, call) => run('Acquire', () => level.acquire(key, leaseMs, call)),
    renew: (lease, leaseMs, call) => run('Renew', () => level.renew(lease, leaseMs, call)),
    release: (lease, call) => run('Release', () => level.release(lease, call)),
    get status() {
      return level.status
    },
    close: () => level.close(),
  }
}
