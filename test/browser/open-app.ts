import type { BrowserContext, Page } from 'playwright-core'
import type { AppPage } from './pages/app.ts'

declare const app: AppPage

/** A tab with the page. */
export interface AppTab {
  readonly page: Page
  /** Calls what the page has under `name`. */
  call<Name extends keyof AppPage>(
    name: Name,
    ...args: Parameters<AppPage[Name]>
  ): Promise<Awaited<ReturnType<AppPage[Name]>>>
}

/** Opens the page in a new tab. */
export async function openApp(context: BrowserContext, url: string): Promise<AppTab> {
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForFunction(() => 'app' in globalThis)
  return tabOf(page)
}

/** The calls of a tab that shows the page already. */
export function tabOf(page: Page): AppTab {
  return {
    page,
    call: async (name, ...args) =>
      await page.evaluate(
        // The page has it as it is typed; playwright would not know.
        ([of, given]) => (app[of] as (...all: unknown[]) => Promise<never>)(...given),
        [name, args] as const,
      ),
  }
}
