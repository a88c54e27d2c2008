import { equalDeep } from '../core/equal-deep.ts'
import { makeTape, sameAsTape, type Tape } from '../core/tape.ts'

/** What is remembered of a value to tell later whether it changed. */
export type Shadow = unknown

/** Tells whether a value is still the one that was stored. */
export interface Detector {
  readonly isImmutable: boolean
  shadow(value: unknown): Shadow
  same(value: unknown, shadow: Shadow): boolean
}

/** For state that is never changed in place: the value is its own shadow; equal copies count as the same. */
export const byIdentity: Detector = {
  isImmutable: true,
  shadow: value => value,
  same: (value, shadow) => value === shadow || equalDeep(value, shadow),
}

/** For state that may be changed in place: the shadow is a record of the content. */
export const byContent: Detector = {
  isImmutable: false,
  shadow: makeTape,
  same: (value, shadow) => sameAsTape(value, shadow as Tape),
}
