/** Makes an object with the keys and values of another, which is a plain one. */
export type RecordCopier = (record: Readonly<Record<string, unknown>>) => Record<string, unknown>

const layoutsPerPlace = 4
// The same many times on purpose: an engine remembers at each place in the code how objects of up to four layouts are
// copied in one go. At a place that has met more it goes key by key, which takes three times as long and leaves garbage.
const places: readonly RecordCopier[] = [
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
  record => ({ ...record }),
]
let layouts = 0

/** Copies objects of any layout. */
export const copyAny: RecordCopier = record => ({ ...record })

/** What is to copy objects of one layout more: quicker for the first 64 of a process. */
export function nextRecordCopier(): RecordCopier {
  return places[Math.floor(layouts++ / layoutsPerPlace)] ?? copyAny
}
