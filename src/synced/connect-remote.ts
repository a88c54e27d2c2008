import { RedisLevel } from './redis-level.ts'
import type { RemoteLevel, RemoteSink } from './remote-level.ts'
import type { SyncedOptions } from './synced-options.ts'
import type { SyncedSettings } from './synced-settings.ts'

/** Makes the mode that the options ask for. */
export function connectRemote(options: SyncedOptions, settings: SyncedSettings, sink: RemoteSink): RemoteLevel {
  if (options.remote !== undefined) return options.remote(sink, settings)
  return new RedisLevel(options.redis ?? {}, settings, sink)
}
