// Texts about what other systems know of a caller.

export default {
  'elsewhere.title': 'In other systems',
  'elsewhere.looking': 'still looking …',
  'elsewhere.none': 'nobody with this number',
  'elsewhere.failed': 'no answer',
  'elsewhere.unnamed': 'no name',
  'elsewhere.open': 'Open',
  'elsewhere.open_label': 'Open {name} in {system}, in a new window',
  'elsewhere.use': 'Put into the form',
  'elsewhere.used': 'The form has what was found about {name}. Nothing is saved yet.',
}
