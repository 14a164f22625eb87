// 通话备注：随备注面板加载。

import type en from './en.notes'

const zh: Record<keyof typeof en, string> = {
  'note.title': '本次通话备注',
  'note.hint': '沟通内容、承诺事项',
  'note.kept': '尚未保存',
  'note.colleagues': '同事的备注',
  'note.by': '{author} {time}',
}

export default zh
