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
const copyAny: RecordCopier = record => ({ ...record })
let layouts = 0

/** What is to copy objects of one layout more. The first 64 layouts of a process are copied the fastest. */
export function nextRecordCopier(): RecordCopier {
  return places[Math.floor(layouts++ / layoutsPerPlace)] ?? copyAny
}
