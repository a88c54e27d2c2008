/** One call of a function that a worker has. */
interface Call {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

/** What came of it. */
type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly failed: string })

/** In a worker: answers the calls of its page by the functions of `target`. */
export function answerCalls(target: Readonly<Record<string, (...args: never[]) => unknown>>): void {
  globalThis.addEventListener('message', async ({ data }: MessageEvent<Call>) => {
    if (typeof data?.id !== 'number') return
    const { id, name, args } = data
    try {
      globalThis.postMessage({ id, value: await target[name]!(...(args as never[])) })
    } catch (error) {
      globalThis.postMessage({ id, failed: error instanceof Error ? `${error.stack}` : String(error) })
    }
  })
  globalThis.postMessage({ ready: true })
}

/** On a page: functions of those names that call a worker, once it is ready; `onOther` gets what else it sends. */
export async function callsTo<Name extends string>(
  worker: Worker,
  names: readonly Name[],
  onOther: (data: unknown) => void = () => undefined,
): Promise<Record<Name, (...args: unknown[]) => Promise<unknown>>> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  await new Promise<void>((resolve, reject) => {
    worker.onerror = event => reject(new Error(event.message))
    worker.onmessage = ({ data }: MessageEvent<Answer | { readonly ready: true }>) => {
      if ('ready' in data) return resolve()
      if (!('id' in data)) return onOther(data)
      const call = waiting.get(data.id)
      waiting.delete(data.id)
      if ('failed' in data) call?.reject(new Error(data.failed))
      else call?.resolve(data.value)
    }
  })
  let calls = 0
  const functionOf =
    (name: Name) =>
    (...args: unknown[]) =>
      new Promise<unknown>((resolve, reject) => {
        const id = ++calls
        waiting.set(id, { resolve, reject })
        worker.postMessage({ id, name, args } satisfies Call)
      })
  return Object.fromEntries(names.map(name => [name, functionOf(name)])) as Record<
    Name,
    (...args: unknown[]) => Promise<unknown>
  >
}
