// The parts of the bar that stand there only while there is a call, or while it is written up.

export { default as CallControls } from './CallControls.svelte'
export { default as ConsultControls } from './ConsultControls.svelte'
export { default as DeskControls } from './DeskControls.svelte'
export { default as OtherCalls } from './OtherCalls.svelte'
export { default as WrapUp } from './WrapUp.svelte'
