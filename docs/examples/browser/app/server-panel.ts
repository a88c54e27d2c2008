import type { ServerMode, ServerSettings } from './netmap.ts'
import { readSettings, writeSettings } from './server-calls.ts'

/** The form that tells the server how to behave. */
export async function startServerPanel(form: HTMLFormElement): Promise<void> {
  const delay = form.querySelector<HTMLInputElement>('[name="delay"]')!
  const delayText = form.querySelector('output')!
  const modes = [...form.querySelectorAll<HTMLInputElement>('[name="mode"]')]
  const fields = form.querySelector('fieldset')!

  const show = ({ mode, delayMs }: ServerSettings): void => {
    for (const each of modes) each.checked = each.value === mode
    delay.value = String(delayMs)
    showDelay()
  }
  const showDelay = (): void => {
    delayText.value = `${(Number(delay.value) / 1000).toFixed(1)} s`
  }
  const isOff = (): void => {
    fields.disabled = true
    form.dataset['server'] = 'off'
  }

  delay.addEventListener('input', showDelay)
  form.addEventListener('submit', event => event.preventDefault())
  form.addEventListener('change', () => {
    const mode = (modes.find(each => each.checked)?.value ?? 'answers') as ServerMode
    writeSettings({ mode, delayMs: Number(delay.value) }).catch(isOff)
  })
  try {
    show(await readSettings())
    fields.disabled = false
  } catch {
    isOff()
  }
}
