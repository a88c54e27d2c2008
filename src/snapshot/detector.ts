import { type PageContent, sameAsRow } from '../codec/page-content.ts'
import { equalDeep } from '../core/equal-deep.ts'
import { makeTape, sameAsTape, type Tape } from '../core/tape.ts'

/** What is remembered of a value to tell later whether it changed. */
export type Shadow = unknown

/** Tells whether a value is still the one that was stored. */
export interface Detector {
  readonly isImmutable: boolean
  shadow(value: unknown): Shadow
  /** The shadows of `values`, which were just encoded as one page, if that left its content behind. */
  shadows(values: readonly unknown[], content: PageContent | undefined): readonly Shadow[]
  same(value: unknown, shadow: Shadow): boolean
}

/** For state that is never changed in place: the value is its own shadow; equal copies count as the same. */
export const byIdentity: Detector = {
  isImmutable: true,
  shadow: value => value,
  shadows: values => values,
  same: (value, shadow) => value === shadow || equalDeep(value, shadow),
}

/** For state that may be changed in place: the shadow is a record of the content. */
export const byContent: Detector = {
  isImmutable: false,
  shadow: makeTape,
  shadows: (values, content) =>
    content === undefined ? values.map(makeTape) : values.map((_, row) => new PageRow(content, row)),
  same: (value, shadow) =>
    shadow instanceof PageRow ? sameAsRow(value, shadow.content, shadow.row) : sameAsTape(value, shadow as Tape),
}

// An element as its page holds it: nothing of it is copied.
class PageRow {
  readonly content: PageContent
  readonly row: number

  constructor(content: PageContent, row: number) {
    this.content = content
    this.row = row
  }
}
