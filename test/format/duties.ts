/** The numbered duties of docs/FORMAT.md, word for word; each is the title of a test. */
export const duties = {
  F1: 'A writer MUST NOT put other bytes under a key that was used before.',
  F2: 'A writer MUST store every segment that a head names before that head, or in one batch with it.',
  F3: 'A writer MUST give its head a generation above that of every key it found under the prefix.',
  F4: 'A writer MUST make each head complete by itself: reading it needs no other head.',
  F5: 'A writer MUST keep the head it built on, and everything that head names, when it removes what is old.',
  F6: 'A writer MUST NOT remove a segment of another writer that is of its own generation or of a later one.',
  F7: 'A writer MUST remove a head before the segments that only this head names.',
  F8: 'A writer MUST NOT write or remove anything where it finds a head of a newer format, except to clear the cache.',
  F9: 'A writer MUST set reserved bytes and unused flags to zero.',
  F10: 'A writer MUST give each element of a column a slot of its own, which no other element gets before the next base.',
  F11: 'A reader MUST check the digest of a head before it uses anything of it.',
  F12: 'A reader MUST check length and digest of a segment before it decodes anything of it.',
  F13: 'A reader MUST refuse a version above its own as newer, and MUST NOT guess at the rest of the bytes.',
  F14: 'A reader MUST refuse unknown flags, roles, shapes and codecs, and reserved bytes that are not zero.',
  F15: 'A reader MUST refuse a head that stands under a key that is not its own.',
  F16: 'A reader MUST take the newest head that is whole with all its segments, and MUST NOT mix two heads.',
  F17: 'A reader MUST leave keys that are not of the forms of section 2 alone.',
  F18: 'A reader MUST take pieces in a head or on their own, and any number and size of pages and deltas.',
  F19: 'A reader that has keys MUST refuse a head or segment that is not sealed, unless it was told to take it.',
  F20: 'A reader MUST NOT accept sealed bytes under another key than the one they were written under.',
} as const

export type Duty = keyof typeof duties
