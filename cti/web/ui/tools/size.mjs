// Builds the screens in memory and prints what a browser downloads of them, gzipped; fails above the limit.
//
// The first load is all that is fetched until an agent can take a call: the page and what it names, the desk, the SIP
// library, the texts of one language (the larger counts), with everything that those import. The limit is for this.
// The lists of the day come by themselves once the desk stands there: they are printed, beside the limit. What a talk
// needs comes with the first ring, every other part when it is opened.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const LIMIT_KB = 120
const AT_ONCE = ['src/main.ts', 'index.html', 'src/screens/Desk.svelte', 'node_modules/jssip/']
const BY_ITSELF = ['src/desk/Day.svelte', 'src/lib/zh.day.ts', 'src/assist/after/CallbackList.svelte', 'src/lib/zh.after.ts']
const LANGUAGES = ['src/lib/en.ts', 'src/lib/zh.ts']

const root = fileURLToPath(new URL('..', import.meta.url))
const { output } = await build({ root, logLevel: 'error', build: { write: false } })
const kilobytes = (body) => gzipSync(body, { level: 6 }).length / 1000
const sizes = new Map(output.map((file) => [file.fileName, kilobytes(file.type === 'chunk' ? file.code : file.source)]))
sizes.set('icon.svg', kilobytes(readFileSync(`${root}public/icon.svg`)))
const chunks = new Map(output.filter((file) => file.type === 'chunk').map((file) => [file.fileName, file]))

/** The files that come with the chunk *name*: itself, what it imports, and their styles. */
function closure(name, found = new Set()) {
  const chunk = chunks.get(name)
  if (!chunk || found.has(name)) return found
  found.add(name)
  for (const css of chunk.viteMetadata?.importedCss ?? []) found.add(css)
  for (const other of chunk.imports) closure(other, found)
  return found
}

/** The chunk that is loaded for the module *path*. */
function chunkOf(path) {
  const all = [...chunks.values()].filter((chunk) => (chunk.isEntry || chunk.isDynamicEntry) && chunk.facadeModuleId?.replace(root, '').startsWith(path))
  return all.map((chunk) => chunk.fileName)
}

const total = (files) => [...files].reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0)
const first = new Set(['index.html', 'icon.svg', ...AT_ONCE.flatMap(chunkOf).flatMap((name) => [...closure(name)])])
const largest = LANGUAGES.flatMap(chunkOf).sort((a, b) => sizes.get(b) - sizes.get(a))[0]
for (const file of closure(largest)) first.add(file)

const then = new Set(BY_ITSELF.flatMap(chunkOf).flatMap((name) => [...closure(name)]).filter((file) => !first.has(file)))

const line = (kb, text) => console.log(`${kb.toFixed(1).padStart(8)} kB  ${text}`)
for (const file of [...sizes.keys()].sort((a, b) => first.has(b) - first.has(a) || sizes.get(b) - sizes.get(a))) line(sizes.get(file), `${first.has(file) ? '*' : ' '} ${file}`)
line(total(first), `* first load of an agent (at most ${LIMIT_KB})`)
line(total(then), '  the lists of the day, which come after it by themselves')
const lost = [...AT_ONCE.slice(2), ...BY_ITSELF, ...LANGUAGES].filter((path) => chunkOf(path).length === 0)
if (lost.length > 0) throw new Error(`not a part of its own any more: ${lost.join(', ')}`)
process.exit(total(first) <= LIMIT_KB ? 0 : 1)
