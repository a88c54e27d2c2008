/** How deep arrays, objects, maps and sets may nest; the same for every codec, written and read. */
export const maxDepth = 256

/** How many bytes the magnitude of a bigint may take. */
export const maxBigintBytes = 1024
