import { mount } from 'svelte'
import './app.css'
import App from './App.svelte'
import { session } from './lib/session.svelte'
import { shortcuts } from './lib/shortcuts'

addEventListener('keydown', shortcuts.onKeydown)
mount(App, { target: document.getElementById('app')! })
void session.start()
