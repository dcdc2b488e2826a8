import { createRequire } from 'node:module'
import path from 'node:path'
import { GlobalFonts } from '@napi-rs/canvas'

/** A machine may have no fonts at all; this one comes with the sandbox. It has Latin, Greek and Cyrillic. */
export const FONT = 'Sandbox Sans'
export const FONT_BOLD = 'Sandbox Sans Bold'

let registered = false

export function openFonts(): void {
  if (registered) return
  registered = true
  const entry = createRequire(import.meta.url).resolve('@embedpdf/fonts-latin')
  const folder = path.join(path.dirname(entry), '../fonts')
  GlobalFonts.registerFromPath(path.join(folder, 'NotoSans-Medium.ttf'), FONT)
  GlobalFonts.registerFromPath(path.join(folder, 'NotoSans-Bold.ttf'), FONT_BOLD)
}
