import type { SystemLayer } from './file-medium.ts'
import type { StoreLayer } from './recover.ts'

/** How snapshots are written: as coldsnap does it, or broken on purpose by a layer below it. */
export interface Protocol {
  readonly title: string
  readonly system?: SystemLayer
  readonly store: StoreLayer
}

/** As it is. */
export const honest: Protocol = { title: 'honest', store: store => store }
