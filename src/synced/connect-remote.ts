import { CacheError } from '../errors.ts'
import type { RemoteLevel, RemoteSink } from './remote-level.ts'
import type { SyncedOptions } from './synced-options.ts'
import type { SyncedSettings } from './synced-settings.ts'

/** Makes the mode that the options ask for. */
export function connectRemote(options: SyncedOptions, settings: SyncedSettings, sink: RemoteSink): RemoteLevel {
  if (options.remote !== undefined) return options.remote(sink, settings)
  throw new CacheError('UNAVAILABLE', 'Cannot open a cache: found no mode for the client, wanted one')
}
