import { mount } from 'svelte'
import './app.css'
import App from './App.svelte'
import { i18n } from './lib/i18n.svelte'
import { session } from './lib/session.svelte'
import { shortcuts } from './lib/shortcuts'

addEventListener('keydown', shortcuts.onKeydown)
void session.start()
await i18n.ready
mount(App, { target: document.getElementById('app')! })
