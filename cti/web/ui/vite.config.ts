import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { leanJsSip } from './tools/lean-jssip.ts'

const service = process.env.CTI_SERVICE ?? 'http://127.0.0.1:8080'

// What every agent loads is one file, not one for each part that some other screen uses too. Texts come by language, and
// a few modules with the one screen that needs them.
const BASE = /\/node_modules\/svelte\/|\/src\/(lib|parts|phone)\//
const NOT_BASE = /\/src\/(lib\/((en|zh)\b|day\.|team\.)|parts\/Dialog|phone\/level\.)/
const isBase = (id: string) => BASE.test(id) && !NOT_BASE.test(id)

export default defineConfig({
  plugins: [leanJsSip(), svelte({ configFile: false })],
  base: './',
  build: {
    outDir: '../static',
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy allows images of our own origin only, so nothing may become a data: address.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    // What JsSIP tells itself while it works goes nowhere (tools/lean-jssip.ts) and is as long as what it does.
    rolldownOptions: {
      treeshake: { manualPureFunctions: ['logger.debug', 'logger.warn'] },
      output: { codeSplitting: { groups: [{ name: 'base', test: isBase, includeDependenciesRecursively: false }] } },
    },
  },
  server: {
    // The service checks the Origin of posts and sockets: it must see its own.
    proxy: {
      '/api': { target: service, changeOrigin: true, headers: { origin: service } },
      '/ws': { target: service, ws: true, changeOrigin: true, headers: { origin: service } },
    },
  },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'], setupFiles: ['tests/setup.ts'] },
})
