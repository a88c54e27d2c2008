interface Platform {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown }
}

// Node takes as long as a small file to look a module up, every time.
const found = new Map<string, unknown>()

/**
 * A module of Node by its `node:` name where the platform has it (Node, Bun, Deno), else `undefined`. Files that also
 * run in browsers use this in place of an import, and others for what few of their calls need. `Module` is what the
 * caller needs of it.
 */
export function builtinModule<Module>(id: `node:${string}`): Module | undefined {
  if (!found.has(id)) found.set(id, (globalThis as Platform).process?.getBuiltinModule?.(id))
  return found.get(id) as Module | undefined
}
