// 其他系统中的来电人资料：随该区块加载。

import type en from './en.elsewhere'

const zh: Record<keyof typeof en, string> = {
  'elsewhere.title': '其他系统中的资料',
  'elsewhere.looking': '查询中……',
  'elsewhere.none': '没有这个号码',
  'elsewhere.failed': '没有应答',
  'elsewhere.unnamed': '未留姓名',
  'elsewhere.open': '打开',
  'elsewhere.open_label': '在新窗口中打开{system}里的{name}',
  'elsewhere.use': '填入表单',
  'elsewhere.used': '已把{name}的资料填入表单，尚未保存。',
}

export default zh
