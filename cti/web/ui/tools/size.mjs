// Prints what a browser downloads, gzipped: the first load of an agent (shell, desk and phone), and each other screen.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT_KB = 120
const root = fileURLToPath(new URL('../../static/', import.meta.url))

const kilobytes = (path) => gzipSync(readFileSync(root + path), { level: 6 }).length / 1000
const files = ['index.html', 'icon.svg', ...readdirSync(`${root}assets`).map((name) => `assets/${name}`)]
const sizes = Object.fromEntries(files.map((file) => [file, kilobytes(file)]))
const later = (file) => /assets\/(en\.admin|zh\.admin|Ops|People|Sessions|SoundDialog|KeysDialog)-/.test(file)
// A browser loads one language: the larger one counts.
const languages = files.filter((file) => /assets\/(en|zh)-/.test(file)).sort((a, b) => sizes[b] - sizes[a])
const firstLoad = files.filter((file) => !later(file) && !languages.slice(1).includes(file)).reduce((sum, file) => sum + sizes[file], 0)

for (const file of files) console.log(`${sizes[file].toFixed(1).padStart(8)} kB  ${file}`)
console.log(`${firstLoad.toFixed(1).padStart(8)} kB  first load of an agent (at most ${LIMIT_KB})`)
process.exit(firstLoad <= LIMIT_KB ? 0 : 1)
