/**
 * What a resolved write has survived: `'power'`, a loss of power or a crash of the system; `'process'`, the end of the
 * process however it came, while the system stays up.
 */
export type Durability = 'power' | 'process'

/** All levels, the default first. */
export const durabilities: readonly Durability[] = ['power', 'process']
