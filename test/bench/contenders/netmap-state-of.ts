import type { LoadedNetmap } from 'coldsnap/netmap'
import type { NetmapState } from '../../helpers/netmap-state.ts'

/** A loaded network map as the state that was stored: without what a load derives beside it. */
export function netmapStateOf(loaded: LoadedNetmap): NetmapState {
  const { AllCaps: _, Cached: __, ...state } = loaded
  return state as object as NetmapState
}
