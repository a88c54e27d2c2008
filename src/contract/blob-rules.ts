/**
 * What every {@link BlobStore} promises: rule id to sentence, the one table that the contract and docs/blob.md share. Ids are
 * stable within a major version; new rules get new numbers. Those that are missing here are about a cache or one layout.
 */
export const blobRules = {
  B1: 'What put() was given comes back from get(), open(), head() and list(), and all of them tell the metadata that put() did.',
  B2: 'The etag is the lower-case hex SHA-256 of the body, for put() and putStream() alike; the empty body is a body.',
  B3: 'What is missing is undefined, deletes as false, and is no error; so is a namespace.',
  B4: 'A put replaces the body and all metadata; nothing of the old blob remains.',
  B5: 'One key in two namespaces is two blobs; deleteNamespace() deletes those of its own and tells how many.',
  B6: 'list() yields exactly the blobs that are there, by prefix if asked, in the order of the UTF-8 bytes of their keys.',
  B7: 'putStream() and open() carry bodies of any size; a source that fails leaves the old blob, and nothing else.',
  B8: 'A namespace or key that is empty, too long, ill-formed, absolute, holds NUL or a segment ".." is INVALID_KEY on every method.',
  B9: 'Nothing a caller does to bytes, dates or metadata that he passed or got changes what is stored.',
  B10: 'Writers of one key at the same time all succeed, and one of their blobs is there, whole.',
  B11: 'An expired blob is given like any other, with its expiry.',
  B16: 'A store that is opened anew on the same medium has the same blobs.',
  B19: 'A reader sees the old blob or the new one, whole, whatever is written or deleted meanwhile, and never an error.',
  B20: 'A listing never fails while others put and delete, misses no blob that stays, and shows no blob twice.',
  B21: 'A store whose process died has every put and delete that was resolved, and of one under way all or nothing.',
  B22: 'A damaged blob is a miss, is left out of list(), disturbs no other, and can be put and deleted as if there were none.',
  B23: 'Keys are compared byte by byte, and none is special: sidecar-like names, path prefixes of each other, 1,024 bytes.',
  B24: 'A namespace never shows or touches what is in another, one whose name begins with its own included.',
  B25: 'Two instances on one medium leave one of their blobs, whole, and see what the other has put.',
  B27: 'A call whose signal is aborted is ABORTED with the reason as cause, a stalled source or reader included.',
  B30: 'A put with ifMatch or ifNoneMatch is decided and done in one step; ranges give exactly the bytes asked for.',
  B31: 'A wrong type is a TypeError, a range that is none a RangeError, and nothing is changed.',
  B32: 'After close() every other call is CLOSED, and close() may be called again.',
  B33: 'A delete with ifMatch or ifUpdatedAt takes only the blob it means.',
  B34: 'touch(), if offered, changes the times and nothing else; sweep(), if offered, takes no blob.',
  B35: 'Content type, source etag and metadata are any well-formed text; a lone surrogate in them is UNSUPPORTED_VALUE, and nothing is changed.',
  B36: 'lease(), if offered, has one holder at a time for each key, holds up no other call, and ends a wait by TIMEOUT or ABORTED.',
  B37: 'keys(), if offered, gives the keys of list(), by prefix if asked, in its order; those of damaged blobs may be among them.',
} as const

/** The id of a rule of {@link blobRules}. */
export type BlobRule = keyof typeof blobRules
