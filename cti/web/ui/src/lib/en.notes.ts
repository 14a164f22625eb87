// Notes on calls: loaded with the panel.

export default {
  'note.title': 'Note on this call',
  'note.hint': 'What was said, what was promised',
  'note.kept': 'Not saved yet',
  'note.colleagues': 'From colleagues',
  'note.by': '{author}, {time}',
}
