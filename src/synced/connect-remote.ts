import { CacheError } from '../errors.ts'
import type { SyncedOptions } from './synced-options.ts'
import type { RemoteLevelFactory, SyncedSettings } from './synced-settings.ts'

/** What makes the mode that the options ask for. */
export async function connectRemote(options: SyncedOptions, _settings: SyncedSettings): Promise<RemoteLevelFactory> {
  if (options.remote !== undefined) return options.remote
  throw new CacheError('UNAVAILABLE', 'Cannot open a cache: found no mode for the client, wanted one')
}
